// One sale that PostgreSQL refuses in a way that no check foresaw, among 500 of several brands in the same group commits:
// the others are booked, and the culprit is kept as a sync error with its bytes.
import { demoFranchise, randomFor, type Sale } from '@tillstream/simulators';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultOf } from '../../src/domains/pos/commit-fault.ts';
import { checkRevenue, checkSetFull } from '../faults/checkers.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { storedFigures } from './books.ts';
import { type Connection, openConnection } from './connections.ts';
import { type DayOfSales, generatedDay } from './day-of-sales.ts';
import { standUp } from './stand-up.ts';

const brands = 5;
const salesPerBrand = 100;

// A trigger stands for what nobody foresaw: it does to the one sale what its data might do to a statement one day. Each
// raises a real error of its class (PostgreSQL's appendix A); the last ones are errors that only an operator's code can
// raise, or the server in places that a trigger does not reach.
const poisons = [
  ['20000', 'a case that nobody thought of', `case new.kind when 'gift' then null; end case;`],
  ['21000', 'a subquery of two rows', 'perform (select n from generate_series(1, 2) n);'],
  ['22012', 'a division by zero', 'perform 1 / 0;'],
  ['22001', 'a text longer than its column', `declare short varchar(3); begin short := 'far too long'; end;`],
  ['22003', 'a number out of range', `perform '1e400'::float8;`],
  ['22007', 'a date that is none', `perform 'tomorrow week'::date;`],
  ['22021', 'bytes that are no text', `perform convert_from('\\xff'::bytea, 'UTF8');`],
  ['22P02', 'text that is no id', 'perform new.external_transaction_id::uuid;'],
  ['22P05', 'a character that text cannot hold', `perform '{"note": "\\u0000"}'::jsonb ->> 'note';`],
  ['22008', 'a date that does not exist', `perform '2026-02-31'::date;`],
  ['23502', 'a null where none may be', 'new.status := null;'],
  ['23503', 'a till that does not exist', 'new.pos_system_id := gen_random_uuid();'],
  [
    '23505',
    'a value that is there already',
    'new.id := (select id from pos_transactions where location_id = new.location_id limit 1);',
  ],
  ['23514', 'a value that a check refuses', `new.status := 'half';`],
  ['54000', 'a value too large to build', `perform array_fill(0, array[1073741823]);`],
  ['P0001', "an operator's own trigger", `raise exception 'poisoned';`],
  ['P0002', 'a look-up that finds nothing', `select name into strict new.status from pos_systems where false;`],
  ['P0004', 'an assertion that fails', `assert new.total_amount is null;`],
  ['2F005', 'a function that ends without an answer', 'perform answers_nothing();'],
  ...['09000', '23P01', '27000', '38000', '39004', '44000', 'HV004'].map(
    (state) => [state, 'an error raised', `raise exception 'poisoned' using errcode = '${state}';`] as const,
  ),
] as const;

// What else PostgreSQL's appendix A lists: no errors (00, 01, 02), and what no value of a sale can bring about.
const notCausedByData = [
  ...['00', '01', '02', '03', '08', '0A', '0B', '0F', '0L', '0P', '0Z', '24', '25', '26', '28', '2B', '2D', '34', '3B'],
  ...['3D', '3F', '40', '42', '53', '55', '57', '58', 'F0', 'XX'],
];
const classesOfPostgres = [
  ...['00', '01', '02', '03', '08', '09', '0A', '0B', '0F', '0L', '0P', '0Z', '20', '21', '22', '23', '24', '25', '26'],
  ...['27', '28', '2B', '2D', '2F', '34', '38', '39', '3B', '3D', '3F', '40', '42', '44', '53', '54', '55', '57', '58'],
  ...['F0', 'HV', 'P0', 'XX'],
];

test('each class of errors is poison that is tried here, or none that a sale is blamed for', () => {
  const tried = new Set(poisons.map(([state]) => state.slice(0, 2)));
  expect([...tried, ...notCausedByData].sort()).toEqual(classesOfPostgres.toSorted());
  const faults = notCausedByData
    .slice(3)
    .map((state) => faultOf(Object.assign(new pg.DatabaseError('', 0, 'error'), { code: `${state}000` })));
  expect(faults).not.toContain('sale');
});

interface Tenant {
  readonly locationId: string;
  readonly posSystemId: string;
  readonly till: Connection;
  readonly owner: Connection;
  readonly day: DayOfSales;
}

let app: TestApp;
const tenants: Tenant[] = [];

beforeAll(async () => {
  app = await startTestApp();
  await app.rows(`create function answers_nothing() returns integer language plpgsql as 'begin end'`);
  for (let n = 0; n < brands; n++) {
    const brand = await app.foundBrand(`Brand ${n}`);
    const whole = generatedDay(`brand ${n}`, demoFranchise.products);
    const day = { ...whole, shops: whole.shops.slice(0, 1) };
    const { shops, tillKey } = await standUp(brand, day, randomFor('poison', n));
    const [shop] = shops;
    if (!shop) throw new Error('the day has no shop');
    const till = openConnection(app.url, tillKey);
    tenants.push({ ...shop, till, owner: openConnection(app.url, brand.ownerKey), day });
  }
});

afterAll(async () => {
  for (const { till, owner } of tenants) {
    till.close();
    owner.close();
  }
  await app?.stop();
});

/** Makes the database refuse the sale of that external id, for as long as `work` runs. */
async function whilePoisoned(externalId: string, statement: string, work: () => Promise<void>): Promise<void> {
  await app.rows(`create or replace function poison() returns trigger language plpgsql as $$
    begin
      if new.external_transaction_id = '${externalId}' then ${statement} end if;
      return new;
    end $$`);
  await app.rows(`create trigger poison before insert on pos_transactions for each row execute function poison()`);
  try {
    await work();
  } finally {
    await app.rows('drop trigger poison on pos_transactions');
  }
}

/** A hundred sales of the tenant's day under names of this wave. */
function salesOf(tenant: Tenant, wave: string): Sale[] {
  const firsts = tenant.day.sales.filter(({ before, shopId }) => !before && shopId === tenant.day.shops[0]?.id);
  return firsts.slice(0, salesPerBrand).map(({ sale }, n) => ({ ...sale, externalId: `${wave} ${n}` }));
}

interface Result {
  readonly externalId: string;
  readonly status: string;
  readonly code?: string;
}

test.each(poisons)('SQLSTATE %s, %s: 499 sales are booked and one is kept as an error', async (state, _, statement) => {
  const culprit = `${state} 57`;
  const before = await figures();
  const sent = tenants.map((tenant, n) => ({
    tenant,
    sales: salesOf(tenant, n === 2 ? state : `${state} of ${n}`),
  }));
  const results: Result[] = [];
  await whilePoisoned(culprit, statement, async () => {
    const answers = await Promise.all(
      sent.map(({ tenant, sales }) =>
        tenant.till.post(`/v1/pos-systems/${tenant.posSystemId}/transactions`, { transactions: sales }),
      ),
    );
    for (const { status, body } of answers) {
      expect(status, JSON.stringify(body)).toBe(200);
      results.push(...(body as { results: Result[] }).results);
    }
  });

  const created = results.filter(({ status }) => status === 'created').map(({ externalId }) => externalId);
  expect(created).toHaveLength(499);
  expect(results.filter(({ status }) => status !== 'created')).toEqual([
    expect.objectContaining({ externalId: culprit, status: 'rejected', code: expect.stringMatching(/^pos\./) }),
  ]);
  const rows = await app.rows<{ name: string }>(
    'select external_transaction_id as name from pos_transactions where starts_with(external_transaction_id, $1)',
    [state],
  );
  expect(checkSetFull({ acknowledged: created, present: rows.map(({ name }) => name) })).toEqual([]);
  await expectOneError(culprit, sent[2]?.sales[57]);
  await expectBooksMoved(before, sent, culprit);
});

/** One error in all brands, with the bytes of the sale, visible to its own brand alone. */
async function expectOneError(culprit: string, sale: Sale | undefined): Promise<void> {
  const errors = await app.rows<{ location_id: string; raw: string }>(
    `select location_id, convert_from(raw_body, 'UTF8') as raw from sync_errors where external_transaction_id = $1`,
    [culprit],
  );
  expect(errors).toEqual([{ location_id: tenants[2]?.locationId, raw: JSON.stringify(sale) }]);
  const seenBy = await Promise.all(
    tenants.map(async ({ owner }) => {
      const { body } = await owner.get('/v1/sync-errors?limit=500');
      return (body as { items: { rawBody: string }[] }).items.filter(({ rawBody }) => rawBody.includes(`"${culprit}"`));
    }),
  );
  expect(seenBy.map((items) => items.length)).toEqual([0, 0, 1, 0, 0]);
}

const figures = () =>
  storedFigures(
    app.rows,
    tenants.map(({ locationId, posSystemId }) => ({ shopId: locationId, locationId, posSystemId })),
  );

/** The wave's revenue is in the books without the culprit's, and every movement of stock is in the ledger. */
async function expectBooksMoved(
  before: Awaited<ReturnType<typeof figures>>,
  sent: readonly { tenant: Tenant; sales: readonly Sale[] }[],
  culprit: string,
): Promise<void> {
  const after = await figures();
  const expected = new Map(
    sent.map(({ tenant, sales }) => {
      const cents = sales
        .filter(({ externalId }) => externalId !== culprit)
        .map(({ total }) => Math.round(total * 100));
      const known = before.revenue.get(tenant.locationId) ?? 0;
      return [tenant.locationId, cents.reduce((sum, amount) => sum + amount, known)];
    }),
  );
  expect(checkRevenue(expected, after.revenue)).toEqual([]);
  expect(after.ledger).toEqual(after.stock);
}

test('the group commits really mixed several brands', async () => {
  const mixed = await app.rows(
    `select xid from sync_events where event_type = 'pos.transaction'
     group by xid having count(distinct franchise_id) > 1`,
  );
  expect(mixed.length).toBeGreaterThan(0);
});
