// Whatever order sales, versions, refunds, mappings, new products and replays come in: the books are what the rules say
// (test/factories/books-model.ts), and stock, ledger and lines agree with each other after every step.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { BooksModel, type ModelSale, nameOf, type Outcome } from '../../../../test/factories/books-model.ts';
import { addProducts, type Brand, foundBrand, openShop } from '../../../../test/factories/brand.ts';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { installTill, type SaleOnWire, type Till } from '../../../../test/factories/till.ts';
import { isFullProof } from '../../../../test/kill/proof-size.ts';
import { createWaitingBooker } from './waiting-booker.ts';

let server: PosServer;
let booker: ReturnType<typeof createWaitingBooker>;
beforeAll(async () => {
  server = await startPosServer();
  const onError = (error: unknown) => expect.fail(String(error));
  // Small chunks, so that also these short queues take several transactions and turns.
  booker = createWaitingBooker({ ...server.pos.mapping, onError, intervalMs: 5, chunkLines: 2, turnLinesMax: 3 });
  await booker.loop.start();
});
afterAll(async () => {
  await booker.loop.stop();
  await server.stop();
});

type Step =
  | { readonly do: 'send'; readonly sales: readonly ModelSale[] }
  | { readonly do: 'map' | 'unmap'; readonly name: string; readonly sku: string }
  | { readonly do: 'add product'; readonly sku: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'replay'; readonly which: number };

const hour = 3_600_000;
const skus = ['cola', 'soup', 'bread'];
const names = ['btn-1', 'btn-2', 'cola'];
/** Products of the brand from the start, for mappings to point at. */
const shelved = ['red', 'blue'];

const line = (least: number) =>
  fc
    .record({
      sku: fc.constantFrom(null, ...skus, 'red'),
      externalProductId: fc.constantFrom(...names),
      both: fc.boolean(),
      quantity: fc.integer({ min: least, max: 4 }),
    })
    .map(({ sku, externalProductId, both, quantity }) => ({
      sku,
      externalProductId: sku === null || both ? externalProductId : null,
      quantity,
    }));

const identity = {
  externalId: fc.constantFrom('a', 'b', 'c'),
  version: fc.integer({ min: 1, max: 4 }),
  aheadMs: fc.constantFrom(0, 0, 0, 3 * hour),
};
const sale: fc.Arbitrary<ModelSale> = fc.oneof(
  fc.record({
    ...identity,
    status: fc.constant('completed' as const),
    lines: fc.array(line(1), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    ...identity,
    status: fc.constantFrom('refunded' as const, 'voided' as const),
    lines: fc.array(line(0), { maxLength: 4 }),
  }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('send' as const), sales: fc.array(sale, { minLength: 1, maxLength: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('map' as const, 'map' as const, 'unmap' as const),
      name: fc.constantFrom(...names),
      sku: fc.constantFrom(...shelved),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('add product' as const), sku: fc.constantFrom(...skus) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(hour, 3 * hour) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replay' as const), which: fc.nat(5) }) },
);

/** One brand with one till, its model, and every refused sale by its bytes. */
class World {
  readonly model = new BooksModel();
  readonly #brand: Brand;
  readonly #till: Till;
  readonly #key: string;
  readonly #products = new Map<string, string>();
  readonly #sent = new Map<string, { readonly wire: SaleOnWire; readonly sale: ModelSale }>();

  constructor(brand: Brand, till: Till, key: string) {
    this.#brand = brand;
    this.#till = till;
    this.#key = key;
  }

  async addProduct(sku: string): Promise<void> {
    if (!this.model.addProduct(sku)) return;
    const [id = ''] = await addProducts(server.database, this.#brand, [sku]);
    this.#products.set(sku, id);
    // By the loop, which nobody tells of the product.
    await vi.waitFor(async () => expect(await this.#waiting()).toEqual(this.model.waiting()), {
      interval: 5,
      timeout: 20_000,
    });
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'send') return this.#send(step.sales);
    if (step.do === 'add product') return this.addProduct(step.sku);
    if (step.do === 'replay') return this.#replay(step.which);
    if (step.do === 'wait') return server.clock.advance(step.ms);
    return step.do === 'map' ? this.#map(step.name, step.sku) : this.#unmap(step.name);
  }

  async #send(sales: readonly ModelSale[]): Promise<void> {
    const now = server.clock.now();
    const wires = sales.map((sale) => this.#onWire(sale, now));
    const { body } = await server.send({ transactions: wires }, { to: this.#till.id, as: this.#key });
    const expected = sales.map((sale, index) => this.model.send(wires[index] as SaleOnWire, sale, now));
    expect((body['results'] as Result[]).map(outcomeOf)).toEqual(expected);
  }

  #onWire(sale: ModelSale, now: Date): SaleOnWire {
    const { externalId, version, status } = sale;
    // Every sale of one id at one time, so that versions differ by their content alone.
    const occurredAt = new Date(
      sale.aheadMs === 0 ? Date.UTC(2026, 2, 8, 12) : now.getTime() + sale.aheadMs,
    ).toISOString();
    const lines = sale.lines.map((line) => ({ ...line, unitPrice: 1, total: line.quantity }));
    const total = lines.reduce((sum, line) => sum + line.total, 0);
    const wire = { externalId, version, status, occurredAt, currency: 'USD', total, lines };
    this.#sent.set(JSON.stringify(wire), { wire, sale });
    return wire;
  }

  async #map(name: string, sku: string): Promise<void> {
    this.model.map(name, sku);
    const { status, body } = await this.#call('PUT', this.#mapping(name), { productId: this.#products.get(sku) });
    expect([status, body['linesWaiting']]).toEqual([200, 0]);
  }

  async #unmap(name: string): Promise<void> {
    const { status } = await this.#call('DELETE', this.#mapping(name));
    expect(status).toBe(this.model.unmap(name) ? 204 : 404);
  }

  async #replay(which: number): Promise<void> {
    const open = await this.#openErrors();
    const chosen = open[which % open.length];
    if (chosen === undefined) return;
    const sent = this.#sent.get(String(chosen['rawBody']));
    if (sent === undefined) throw new Error('An error has bytes that nobody sent');
    const { status, body } = await this.#call('POST', `/v1/sync-errors/${String(chosen['id'])}/replay`);
    expect(status).toBe(200);
    expect(outcomeOf(body['result'] as Result)).toBe(this.model.replay(sent.wire, sent.sale, server.clock.now()));
  }

  async #openErrors(): Promise<Record<string, unknown>[]> {
    const { body } = await this.#call('GET', '/v1/sync-errors?state=open&limit=500');
    return body['items'] as Record<string, unknown>[];
  }

  #mapping = (name: string) => `/v1/pos-systems/${this.#till.id}/mappings/${name}`;
  #call = (method: string, path: string, body?: object) =>
    server.call(method, path, body === undefined ? { as: this.#key } : { as: this.#key, body });

  async #waiting(): Promise<Record<string, number>> {
    const rows = await server.database.rows<{ name: string; lines: string }>(
      'select external_product_id as name, count(*) as lines from unmapped_lines where location_id = $1 group by 1',
      [this.#till.locationId],
    );
    return Object.fromEntries(rows.map(({ name, lines }) => [name, Number(lines)]));
  }

  /** The database against the model, and its tables against each other. */
  async check(): Promise<void> {
    expect(await this.#waiting()).toEqual(this.model.waiting());
    expect((await this.#openErrors()).map(({ code }) => code).sort()).toEqual(this.model.openErrors());
    const books = await server.database.rows<Record<'sku' | 'stock' | 'moved' | 'sold' | 'told', string>>(
      `select sku, sum(stock) as stock, sum(moved) as moved, sum(sold) as sold, sum(told) as told from (
         select product_id, current_stock as stock, 0 as moved, 0 as sold, 0 as told from inventory_items where location_id = $1
         union all select product_id, 0, quantity, 0, 0 from stock_movements where location_id = $1 and movement_type = 'sale'
         union all select product_id, 0, 0, -quantity, 0 from pos_transaction_items where location_id = $1 and product_id is not null
         union all select (change_data ->> 'productId')::uuid, 0, 0, 0, (change_data ->> 'change')::numeric
           from sync_events where scope_id = $1 and event_type = 'inventory.update'
       ) as book join products on products.id = product_id group by sku`,
      [this.#till.locationId],
    );
    for (const { stock, moved, sold, told } of books) {
      expect([moved, sold, told].map(Number)).toEqual([stock, stock, stock].map(Number));
    }
    const stock = books.map(({ sku, stock }) => [sku, Number(stock)] as const).filter(([, count]) => count !== 0);
    expect(Object.fromEntries(stock)).toEqual(this.model.stock());
    expect(await this.#astray()).toEqual([]);
  }

  /** Lines that wait and are not as they stand in their sale, or the other way round; sales not as they were last told. */
  #astray() {
    return server.database.rows(
      `select 'line' as what, item.transaction_id, item.line_number
       from (select * from pos_transaction_items where location_id = $1 and product_id is null) as item
       full join (select * from unmapped_lines where location_id = $1) as waiting
         on waiting.transaction_id = item.transaction_id and waiting.line_number = item.line_number
       where (waiting.quantity = item.quantity and waiting.sku = coalesce(item.sku, '')
         and waiting.external_product_id = coalesce(item.external_product_id, item.sku)) is not true
       union all
       select 'sale', sale.id, 0 from pos_transactions as sale
       join lateral (
         select change_data from sync_events where scope_id = $1 and entity_id = sale.id order by seq desc limit 1
       ) as told on true
       where sale.location_id = $1 and (
         (told.change_data ->> 'version')::bigint <> sale.version
         or array(select line ->> 'productId' from json_array_elements(told.change_data -> 'lines') as line)
           <> array(select product_id::text from pos_transaction_items as item
             where item.location_id = $1 and item.transaction_id = sale.id order by line_number))`,
      [this.#till.locationId],
    );
  }
}

interface Result {
  readonly status: string;
  readonly code?: string;
}
const outcomeOf = ({ status, code }: Result): Outcome => (status === 'rejected' ? code : status) as Outcome;

async function newWorld(): Promise<World> {
  const brand = await foundBrand(server.database);
  const till = await installTill(server.database, await openShop(server.database, brand, { firm: true }));
  const { key } = await server.makeKey(['admin'], { franchiseId: brand.franchiseId });
  const world = new World(brand, till, key);
  for (const sku of shelved) await world.addProduct(sku);
  return world;
}

test('a line is named by its vendor id where it has one', () => {
  expect(nameOf({ sku: 'cola', externalProductId: 'btn-1', quantity: 1 })).toBe('btn-1');
});

test('after every step of every sequence the books are what the rules say', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const world = await newWorld();
      for (const step of steps) {
        await world.take(step);
        await world.check();
      }
    }),
    { numRuns: isFullProof ? 200 : 8 },
  );
});
