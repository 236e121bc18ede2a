// What an unforeseen error does to the sales that share a commit with its cause. The errors are PostgreSQL's own: a
// trigger raises each SQLSTATE for the sale that is marked, as a constraint or a function of a later version might.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addProducts, foundBrand, openShop } from '../../../test/factories/brand.ts';
import { bookingOn, installTill, saleOf, stockOf, type Till, waitingAt } from '../../../test/factories/till.ts';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/harness/test-database.ts';
import { internalError } from '../../platform/http-errors.ts';
import type { Outcome } from './commit-sales.ts';
import { notDurable } from './errors.ts';

const clock = new ManualClock('2026-03-08T15:00:00Z');
let database: TestDatabase;
let tills: Till[];
let commit: ReturnType<typeof bookingOn>['commit'];

beforeAll(async () => {
  database = await openTestDatabase();
  tills = [];
  for (const name of ['One', 'Two', 'Three']) {
    const brand = await foundBrand(database, name);
    await addProducts(database, brand, ['tea']);
    for (const firm of [true, false])
      tills.push(await installTill(database, await openShop(database, brand, { firm })));
  }
  ({ commit } = bookingOn(database, clock));
});
afterAll(() => database.close());
afterEach(() => database.rows('drop trigger if exists poison on pos_transactions'));

/** From now on the sale with this id makes PostgreSQL raise this SQLSTATE. */
async function poison(externalId: string, state: string): Promise<void> {
  await database.rows(
    `create or replace function poison() returns trigger language plpgsql as $$
     begin
       if new.external_transaction_id = '${externalId}' then raise exception 'poisoned' using errcode = '${state}'; end if;
       return new;
     end $$`,
  );
  await database.rows(
    'create or replace trigger poison before insert on pos_transactions for each row execute function poison()',
  );
}

/** 500 sales of six shops of three brands, in turns. */
function mixedSales(prefix: string) {
  return Array.from({ length: 500 }, (_, index) =>
    waitingAt(
      tills[index % tills.length] as Till,
      saleOf({ tea: 1 }, { externalId: `${prefix} ${index}` }),
      clock.now(),
    ),
  );
}

const statusOf = (outcome: Outcome | undefined) =>
  outcome === undefined ? '' : 'result' in outcome ? outcome.result.status : outcome.failure.code;

/** How many sales and errors with this prefix there are. */
async function countOf(prefix: string) {
  const [row] = await database.rows<{ sales: string; events: string; errors: string; lines: string }>(
    `with sale as (select * from pos_transactions where external_transaction_id like $1)
     select (select count(*) from sale) as sales,
       (select count(*) from sync_events where entity_id in (select id from sale)) as events,
       (select count(*) from stock_movements where reference_id in (select id from sale)) as lines,
       (select count(*) from sync_errors where external_transaction_id like $1) as errors`,
    [`${prefix} %`],
  );
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]));
}

describe('one poisoned sale among 500 of several brands: 499 are booked, one is kept', () => {
  // One of each class that data can cause: values, constraints, cardinality, limits, check options, routines, triggers.
  const states = ['21000', '22003', '22021', '22P02', '23502', '23503', '23505', '23514', '2F002', '38001', '39004'];
  test.each([...states, '44000', '54000', 'P0001', 'U0001'])('SQLSTATE %s', async (state) => {
    const prefix = `p${state}`;
    await poison(`${prefix} 321`, state);
    const sales = mixedSales(prefix);
    const outcomes = await commit(sales);
    expect(outcomes.map(statusOf).filter((status) => status === 'created')).toHaveLength(499);
    expect(outcomes[321]).toEqual({
      result: {
        externalId: `${prefix} 321`,
        version: 1,
        status: 'rejected',
        code: 'pos.not_bookable',
        detail: `The database refused the sale (SQLSTATE ${state}).`,
      },
    });
    expect(await countOf(prefix)).toEqual({ sales: 499, events: 499, lines: 499, errors: 1 });
    const [kept] = await database.rows('select * from sync_errors where external_transaction_id = $1', [
      `${prefix} 321`,
    ]);
    expect(kept).toMatchObject({
      location_id: tills[321 % tills.length]?.locationId,
      franchise_id: tills[321 % tills.length]?.franchiseId,
      code: 'pos.not_bookable',
      state: 'open',
    });
    expect(kept?.['raw_body'].equals(sales[321]?.raw)).toBe(true);
  });
});

test('two poisoned sales are both found, and versions keep their order around them', async () => {
  await poison('pair 1', '22003');
  const [till] = tills;
  if (till === undefined) throw new Error('no till');
  const sale = (externalId: string, version: number, tea: number) =>
    waitingAt(till, saleOf({ tea }, { externalId, version }), clock.now());
  const outcomes = await commit([
    sale('pair 0', 1, 5),
    sale('pair 1', 1, 1),
    sale('pair 0', 2, 3),
    sale('pair 1', 2, 1),
  ]);
  expect(outcomes.map(statusOf)).toEqual(['created', 'rejected', 'updated', 'rejected']);
  expect(await countOf('pair')).toMatchObject({ sales: 1, errors: 2 });
});

test('a stock that would leave its range is held against the sale that does it', async () => {
  const brand = await foundBrand(database, 'Full');
  await addProducts(database, brand, ['sand']);
  const till = await installTill(database, await openShop(database, brand));
  const item = await database.rows(`select id from products where sku = 'sand'`);
  await database.rows(
    `insert into inventory_items (location_id, id, franchise_id, product_id, current_stock)
     values ($1, gen_random_uuid(), $2, $3, -99999999999)`,
    [till.locationId, till.franchiseId, item[0]?.['id']],
  );
  const sales = ['one 1', 'one 2'].map((externalId, index) =>
    waitingAt(till, saleOf({ sand: index === 0 ? 0.5 : 5 }, { externalId }), clock.now()),
  );
  const outcomes = await commit(sales);
  expect(outcomes.map(statusOf)).toEqual(['created', 'rejected']);
});

describe('what is no fault of a sale is sent again, never kept', () => {
  test.each([
    '40001',
    '40P01',
    '53100',
    '53300',
    '57014',
    '57P01',
    '08006',
    '25006',
    '55P03',
    '58030',
  ])('SQLSTATE %s fails all of the commit for now, and books it once it is over', async (state) => {
    const prefix = `t${state}`;
    await poison(`${prefix} 7`, state);
    const sales = mixedSales(prefix).slice(0, 20);
    const outcomes = await commit(sales);
    for (const outcome of outcomes) {
      expect('failure' in outcome && notDurable.is(outcome.failure) && outcome.failure.headers['retry-after']).toBe(
        '2',
      );
    }
    expect(await countOf(prefix)).toEqual({ sales: 0, events: 0, lines: 0, errors: 0 });
    await database.rows('drop trigger poison on pos_transactions');
    expect((await commit(sales)).map(statusOf)).toEqual(sales.map(() => 'created'));
  });

  test.each([
    '42P01',
    '42501',
    '0A000',
    'XX000',
  ])('SQLSTATE %s is our mistake: it fails one sale and spares the others', async (state) => {
    const prefix = `o${state}`;
    await poison(`${prefix} 7`, state);
    const outcomes = await commit(mixedSales(prefix).slice(0, 20));
    const [culprit] = outcomes.splice(7, 1);
    expect(culprit !== undefined && 'failure' in culprit && internalError.is(culprit.failure)).toBe(true);
    expect(outcomes.map(statusOf)).toEqual(outcomes.map(() => 'created'));
    expect(await countOf(prefix)).toEqual({ sales: 19, events: 19, lines: 19, errors: 0 });
  });

  test('a conflict that passes is repeated unseen', async () => {
    await poison('again 3', '40001');
    // The trigger lets the sale pass at the third attempt; a sequence counts them, since it outlives a rollback.
    await database.rows(
      'create sequence if not exists attempts; grant usage on sequence attempts to tillstream_ingest',
    );
    await database.rows(
      `create or replace function poison() returns trigger language plpgsql as $$
       begin
         if new.external_transaction_id = 'again 3' and nextval('attempts') < 3 then
           raise exception 'poisoned' using errcode = '40001';
         end if;
         return new;
       end $$`,
    );
    const outcomes = await commit(mixedSales('again').slice(0, 20));
    expect(outcomes.map(statusOf)).toEqual(outcomes.map(() => 'created'));
    expect(await countOf('again')).toEqual({ sales: 20, events: 20, lines: 20, errors: 0 });
  });
});

test('after all of it every stock is the sum of its movements', async () => {
  for (const till of tills) expect((await stockOf(database, till.locationId))['tea']).toBeLessThan(0);
});

test('a database that is gone fails the sales for now', async () => {
  const gone = await openTestDatabase();
  await gone.close();
  const outcomes = await bookingOn(gone, clock).commit(mixedSales('gone').slice(0, 3));
  expect(outcomes.map(statusOf)).toEqual(outcomes.map(() => 'pos.not_durable'));
});
