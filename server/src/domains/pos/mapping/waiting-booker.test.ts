// What is booked in the background: by itself, in turns, past lines that cannot be booked and databases that go away.
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { addProducts, openShop } from '../../../../test/factories/brand.ts';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { installTill, saleOf, stockOf, type Till } from '../../../../test/factories/till.ts';
import { stressService } from '../../../../test/harness/stress-service.ts';
import { Database } from '../../../platform/database.ts';
import { createLogger } from '../../../platform/logger.ts';
import { createWaitingBooker, type WaitingBooker } from './waiting-booker.ts';

let server: PosServer;
let till: Till;
beforeAll(async () => {
  server = await startPosServer();
});
beforeEach(async () => {
  till = await installTill(server.database, await openShop(server.database, server.brand, { firm: true }));
});
afterAll(() => server.stop());

type Limits = Partial<Parameters<typeof createWaitingBooker>[0]>;

function bookerWith(limits: Limits = {}): WaitingBooker & { readonly errors: unknown[]; readonly log: string[] } {
  const errors: unknown[] = [];
  const log: string[] = [];
  const logger = createLogger({ level: 'error', destination: { write: (line: string) => void log.push(line) } });
  const onError = (error: unknown) => void errors.push(error);
  const parts = { ...server.pos.mapping, db: server.database.db, logger, onError, intervalMs: 5, ...limits };
  return { ...createWaitingBooker(parts), errors, log };
}

/** Sells these quantities, a sale a call, by SKU or (`btn…`) by a name of the till's own. */
async function sell(externalId: string, quantities: Readonly<Record<string, number>>, lines = 1): Promise<void> {
  const sale = saleOf({}, { externalId, total: 0 });
  const sold = Object.entries(quantities).flatMap(([name, quantity]) =>
    Array.from({ length: lines }, () => ({
      ...(name.startsWith('btn') ? { externalProductId: name } : { sku: name }),
      quantity,
      unitPrice: 1,
      total: quantity,
    })),
  );
  const { body } = await server.send({ transactions: [{ ...sale, lines: sold }] }, { to: till.id });
  expect(body['results']).toMatchObject([{ status: 'created' }]);
}

const map = (name: string, productId: string | undefined) =>
  server.call('PUT', `/v1/pos-systems/${till.id}/mappings/${name}`, { body: { productId } });

/** As the mapping's request would leave it if it were killed before it booked anything. */
const mapOnly = (name: string, productId: string | undefined) =>
  server.database.rows(
    `insert into product_mappings (location_id, pos_system_id, external_product_id, franchise_id, franchisee_id, product_id, mapped_by)
     values ($1, $2, $3, $4, $5, $6, 'user:somebody')`,
    [till.locationId, till.id, name, till.franchiseId, till.franchiseeId, productId],
  );

const waiting = async (): Promise<Record<string, number>> => {
  const rows = await server.database.rows<{ name: string; lines: string }>(
    'select external_product_id as name, count(*) as lines from unmapped_lines where location_id = $1 group by 1 order by 1',
    [till.locationId],
  );
  return Object.fromEntries(rows.map(({ name, lines }) => [name, Number(lines)]));
};

const becomes = <T>(read: () => Promise<T>, expected: T) =>
  vi.waitFor(async () => expect(await read()).toEqual(expected), { interval: 5, timeout: 20_000 });

test('a product that comes into the catalogue is booked wherever its SKU waits, also beside a name of the till', async () => {
  const booker = bookerWith();
  await booker.loop.start();
  await sell('a', { kiwi: 2, melon: 3 });
  const beside = [
    { sku: 'kiwi', externalProductId: 'btn-9', quantity: 4, unitPrice: 1, total: 4 },
    { sku: 'lime', externalProductId: 'btn-9', quantity: 5, unitPrice: 1, total: 5 },
  ];
  await server.send(
    { transactions: [{ ...saleOf({}, { externalId: 'b', total: 9 }), lines: beside }] },
    { to: till.id },
  );
  expect(await waiting()).toEqual({ 'btn-9': 2, kiwi: 1, melon: 1 });
  await addProducts(server.database, server.brand, ['kiwi']);
  await becomes(waiting, { 'btn-9': 1, melon: 1 });
  await booker.loop.stop();
  expect(await stockOf(server.database, till.locationId)).toEqual({ kiwi: -6 });
  const [movement] = await server.database.rows(
    'select distinct performed_by, reason, occurred_at from stock_movements where location_id = $1',
    [till.locationId],
  );
  expect(movement).toEqual({
    performed_by: 'system:waiting-lines',
    reason: 'sold before its product was known',
    occurred_at: new Date('2026-03-08T12:00:00Z'),
  });
  expect(booker.errors).toEqual([]);
});

test('lines of a request that was killed after the mapping are found without being told of, by all bookers at once', async () => {
  const [productId] = await addProducts(server.database, server.brand, [`killed ${till.id}`]);
  for (const name of ['a', 'b', 'c']) await sell(name, { 'btn-1': 1 }, 150);
  await mapOnly('btn-1', productId);
  const bookers = [bookerWith({ chunkLines: 7 }), bookerWith({ chunkLines: 11 }), bookerWith()];
  for (const { loop } of bookers) await loop.start();
  await becomes(waiting, {});
  for (const { loop, errors } of bookers) {
    await loop.stop();
    expect(errors).toEqual([]);
  }
  expect(await stockOf(server.database, till.locationId)).toEqual({ [`killed ${till.id}`]: -450 });
  const [{ by } = { by: '' }] = await server.database.rows<{ by: string }>(
    'select distinct performed_by as by from stock_movements where location_id = $1',
    [till.locationId],
  );
  expect(by).toBe('user:somebody');
});

test('what a request leaves of a long queue is booked on at once, not at the next interval', async () => {
  const [productId] = await addProducts(server.database, server.brand, [`long ${till.id}`]);
  await sell('a', { 'btn-1': 1 }, 300);
  await sell('b', { 'btn-0': 0.5 });
  await mapOnly('btn-0', productId);
  // An hour between two runs: once the first has walked by, only the hint can have the rest booked within the test.
  const booker = bookerWith({ intervalMs: 3_600_000, turnLinesMax: 50, chunkLines: 20 });
  await booker.loop.start();
  await becomes(waiting, { 'btn-1': 300 });
  await mapOnly('btn-1', productId);
  const { locationId, franchiseId, id: posSystemId } = till;
  booker.bookLater({ locationId, franchiseId, posSystemId, externalProductId: 'btn-1', sku: null });
  await becomes(waiting, {});
  await booker.loop.stop();
  expect(await stockOf(server.database, till.locationId)).toEqual({ [`long ${till.id}`]: -300.5 });
});

test('the walk comes by every name though a run looks at few, and books nothing that is not known', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `walk ${till.id} ${index}`);
  await sell('a', Object.fromEntries(names.map((name) => [name, 1])));
  const known = names.filter((_, index) => index % 3 === 0);
  await addProducts(server.database, server.brand, known);
  const booker = bookerWith({ namesMax: 4 });
  await booker.loop.start();
  await becomes(async () => Object.keys(await waiting()).length, names.length - known.length);
  await booker.loop.stop();
  expect(await stockOf(server.database, till.locationId)).toEqual(
    Object.fromEntries([...known].sort().map((name) => [name, -1])),
  );
});

test('what is known is booked past a long queue of what is not, though both bear the same name of the till', async () => {
  const beside = (sku: string) => ({ sku, externalProductId: 'btn-9', quantity: 1, unitPrice: 1, total: 1 });
  const lines = [...Array.from({ length: 20 }, () => beside(`a ${till.id}`)), beside(`z ${till.id}`)];
  await server.send({ transactions: [{ ...saleOf({}, { externalId: 'a', total: 21 }), lines }] }, { to: till.id });
  await addProducts(server.database, server.brand, [`z ${till.id}`]);
  const booker = bookerWith({ chunkLines: 2, turnLinesMax: 4 });
  await booker.loop.start();
  await becomes(waiting, { 'btn-9': 20 });
  await booker.loop.stop();
  expect(await stockOf(server.database, till.locationId)).toEqual({ [`z ${till.id}`]: -1 });
});

test('a line that the database refuses stays, holds up no other, and is booked once the cause is gone', async () => {
  const [productId] = await addProducts(server.database, server.brand, [`poison ${till.id}`]);
  await sell('a', { 'btn-1': 1 }, 60);
  await sell('bad', { 'btn-1': 13 });
  await sell('z', { 'btn-1': 1 }, 60);
  await server.database.rows(
    `create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
     create trigger refuse before delete on unmapped_lines for each row when (old.quantity = 13) execute function refuse()`,
  );
  const mapped = await map('btn-1', productId);
  expect(mapped.body).toMatchObject({ linesBooked: 120, linesWaiting: 1 });
  expect(await stockOf(server.database, till.locationId)).toEqual({ [`poison ${till.id}`]: -120 });

  const booker = bookerWith({ refusedPauseMs: 60_000 });
  await booker.loop.start();
  await becomes(async () => booker.log.length > 0, true);
  // It was tried and is left alone; only then is the cause taken away, so the pause is what the next lines show.
  await server.database.rows('drop trigger refuse on unmapped_lines; drop function refuse');
  await sell('b', { 'btn-2': 1 });
  await mapOnly('btn-2', productId);
  await becomes(waiting, { 'btn-1': 1 });
  expect(booker.log).toHaveLength(1);
  expect(booker.log[0]).toContain('a waiting line stays');
  server.clock.advance(60_000);
  await becomes(waiting, {});
  await booker.loop.stop();
  expect(await stockOf(server.database, till.locationId)).toEqual({ [`poison ${till.id}`]: -134 });
});

test('a stock that would leave its range is refused line by line, never rounded', async () => {
  const [productId] = await addProducts(server.database, server.brand, [`range ${till.id}`]);
  await server.database.rows(
    `insert into inventory_items (location_id, id, franchise_id, franchisee_id, product_id, current_stock)
     values ($1, gen_random_uuid(), $2, $3, $4, -99999999997)`,
    [till.locationId, till.franchiseId, till.franchiseeId, productId],
  );
  await sell('a', { 'btn-1': 1 }, 5);
  expect((await map('btn-1', productId)).body).toMatchObject({ linesBooked: 2, linesWaiting: 3 });
  const [item] = await server.database.rows('select current_stock from inventory_items where location_id = $1', [
    till.locationId,
  ]);
  expect(item?.['current_stock']).toBe('-99999999999.0000');
});

test('connections that are cut again and again in the middle lose no line and double none', async () => {
  const [productId] = await addProducts(server.database, server.brand, [`cut ${till.id}`]);
  for (const name of ['a', 'b', 'c', 'd']) await sell(name, { 'btn-1': 1 }, 250);
  await mapOnly('btn-1', productId);
  // A pool of its own, so that only this booker's connections are cut.
  const url = new URL(server.database.url);
  url.searchParams.set('application_name', 'cut');
  const db = new Database({ url: url.href, connectionsMax: 2 });
  const booker = bookerWith({ db, chunkLines: 10 });
  const killer = new pg.Client({ connectionString: server.database.ownerUrl });
  await killer.connect();
  await booker.loop.start();
  let cuts = 0;
  const progress = async () => Object.values(await waiting())[0] ?? 0;
  for (let left = await progress(); left > 0; left = await progress()) {
    // Only ones in the middle of their work, and only a few, or nothing would ever be finished.
    if (cuts >= 15) continue;
    const { rowCount } = await killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'cut' and state <> 'idle'`,
    );
    cuts += rowCount ?? 0;
  }
  await booker.loop.stop();
  await db.close();
  await killer.end();
  expect(cuts).toBeGreaterThanOrEqual(5);
  expect(booker.errors.length).toBeGreaterThan(0);
  expect(await stockOf(server.database, till.locationId)).toEqual({ [`cut ${till.id}`]: -1_000 });
  const [{ count } = { count: '' }] = await server.database.rows<{ count: string }>(
    'select count(*) from stock_movements where location_id = $1',
    [till.locationId],
  );
  expect(count).toBe('1000');
});

test('it starts and stops like every part', async () => {
  await stressService({ create: () => bookerWith().loop });
});
