/** The operation on a real database: what becomes of each sale, and that an import goes on where it was. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addProducts, foundBrand, openShop } from '../../test/factories/brand.ts';
import { installTill, saleOf, stockOf, type Till } from '../../test/factories/till.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { openIngest } from '../domains/pos/index.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { type ImportProgress, importSales } from './import-sales.ts';
import { operatorAt } from './operator-caller.ts';
import { surveyFile } from './survey-file.ts';

let database: TestDatabase;
let till: Till;
let folder: string;
const clock = new ManualClock('2026-03-08T15:00:00Z');

beforeAll(async () => {
  database = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'tillstream-import-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.close();
});
beforeEach(async () => {
  const brand = await foundBrand(database);
  await addProducts(database, brand, ['tea', 'cake']);
  till = await installTill(database, await openShop(database, brand, { firm: true }));
});

function write(...lines: readonly string[]): string {
  const path = join(folder, uuidv7());
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

interface Run {
  readonly connections?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** One run of the command, with lanes of its own, as its process has them. */
async function run(path: string, { connections = 4, signal, onProgress }: Run = {}) {
  const { db } = database;
  const logger = createLogger({ level: 'silent' });
  const { lanes, ingest } = openIngest({ db, clock, logger, metrics: createMetrics() });
  await lanes.start();
  try {
    return await importSales(
      { db, ingest, clock },
      {
        file: await surveyFile(path),
        caller: operatorAt(till),
        system: { ...till, currency: 'USD' },
        timeZone: 'America/New_York',
        connections,
        signal: signal ?? new AbortController().signal,
        onProgress: onProgress ?? (() => undefined),
      },
    );
  } finally {
    await lanes.stop();
  }
}

const header = 'externalId,occurredAt,sku,quantity,unitPrice';
const teas = (count: number) =>
  Array.from({ length: count }, (_, n) => `r${n},2026-01-05 08:00:00,tea,1,${(n % 7) + 1}.05`);
const totalOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ((n % 7) + 1) * 100 + 5).reduce((a, b) => a + b, 0) / 100;
const checkpoints = () => database.rows('select * from import_checkpoints where pos_system_id = $1', [till.id]);

test('sales are booked with their stock, by the operator, and again only as duplicates', async () => {
  const path = write(header, ...teas(700), 'last,2026-01-05 09:00:00,tea,2,1', 'last,2026-01-05 09:00:00,cake,1,4.5');
  const first = await run(path);
  expect(first).toMatchObject({ isFinished: true, reached: { sales: 701, lines: 702, created: 701, rejected: 0 } });
  expect(Number(first.reached.total)).toBeCloseTo(totalOf(700) + 6.5, 10);
  expect(Number(first.books.revenue)).toBeCloseTo(totalOf(700) + 6.5, 10);
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -702, cake: -1 });
  expect(await checkpoints()).toEqual([]);
  const performers = await database.rows(
    'select distinct performed_by as by from stock_movements where location_id = $1',
    [till.locationId],
  );
  expect(performers).toEqual([{ by: 'system:operator' }]);

  const second = await run(path);
  expect(second).toMatchObject({ reached: { created: 0, duplicate: 701 }, books: first.books });
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -702, cake: -1 });
});

test('a refused sale is kept with its line and its bytes, and refuses no other', async () => {
  const path = write(
    header,
    ...teas(2),
    'bad-time,2026-13-05 08:00:00,tea,1,1',
    'bad-fields,2026-01-05 08:00:00,tea,1',
    'bad-quantity,2026-01-05 08:00:00,tea,-1,1',
    'ahead,2027-01-05 08:00:00,tea,1,1',
    ',2026-01-05 08:00:00,tea,1,1',
  );
  const report = await run(path);
  expect(report).toMatchObject({ isFinished: true, reached: { sales: 7, created: 2, rejected: 5 } });
  expect(Number(report.reached.total)).toBeCloseTo(totalOf(2), 10);
  const errors = await database.rows<{ id: string | null; code: string; detail: string; raw: string }>(
    `select external_transaction_id as id, code, detail, convert_from(raw_body, 'UTF8') as raw
     from sync_errors where location_id = $1 order by detail, external_transaction_id nulls last`,
    [till.locationId],
  );
  expect(errors.map(({ id, code, detail }) => [id, code, detail.slice(0, 26)])).toEqual([
    ['bad-time', 'pos.invalid_time', 'Line 4: occurredAt must be'],
    ['bad-fields', 'pos.malformed_sale', 'Line 5 has 4 fields, the h'],
    ['bad-quantity', 'pos.invalid_quantity', 'Line 6: lines[0].quantity '],
    ['ahead', 'pos.malformed_sale', 'Line 8 has no usable exter'],
    [null, 'pos.malformed_sale', 'Line 8 has no usable exter'],
  ]);
  expect(errors[1]?.raw).toBe('bad-fields,2026-01-05 08:00:00,tea,1');
  expect(JSON.parse(errors[0]?.raw ?? '')).toMatchObject({ externalId: 'bad-time', occurredAt: '2026-13-05 08:00:00' });
});

test('NDJSON is booked as the route would, later versions included', async () => {
  const sale = (version: number, quantity: number, status = 'completed') =>
    JSON.stringify(saleOf({ tea: quantity }, { externalId: 'n1', version, status }));
  const report = await run(write(sale(1, 3), sale(2, 2, 'refunded'), '{"externalId": "n2"', sale(2, 2, 'refunded')), {
    connections: 1,
  });
  expect(report.reached).toMatchObject({ sales: 4, created: 1, updated: 1, duplicate: 1, rejected: 1 });
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -2 });
});

test('told to stop, it finishes what is under way; given again, it goes on behind that', async () => {
  const path = write(header, ...teas(3_000));
  const stop = new AbortController();
  const interrupted = await run(path, {
    signal: stop.signal,
    onProgress: ({ reached }) => {
      if (reached.sales >= 1_000) stop.abort();
    },
  });
  expect(interrupted.isFinished).toBe(false);
  const { sales } = interrupted.reached;
  expect(sales).toBeGreaterThanOrEqual(1_000);
  expect(sales).toBeLessThan(3_000);
  // All that was under way has ended, so the books hold exactly what the checkpoint says.
  expect(interrupted.books.sales).toBe(sales);
  expect(await checkpoints()).toHaveLength(1);

  const seen: number[] = [];
  const report = await run(path, { onProgress: ({ reached }) => seen.push(reached.sales) });
  expect(seen[0]).toBe(sales);
  expect(report).toMatchObject({ isFinished: true, before: { sales }, reached: { sales: 3_000, created: 3_000 } });
  expect(Number(report.reached.total)).toBeCloseTo(totalOf(3_000), 8);
  expect(report.books).toEqual({ sales: 3_000, revenue: report.reached.total });
  expect(await checkpoints()).toEqual([]);
});

test('it never claims more than is in the books, and outlives sessions that are cut off under it', async () => {
  const path = write(header, ...teas(3_000));
  let cuts = 0;
  const wrong: string[] = [];
  const looking: Promise<unknown>[] = [];
  const report = await run(path, {
    onProgress: ({ reached }) => {
      if (reached.sales < (cuts + 1) * 600) return;
      cuts += 1;
      looking.push(
        database
          .rows<{ sales: number }>('select count(*)::int as sales from pos_transactions where location_id = $1', [
            till.locationId,
          ])
          .then(([row]) => {
            if ((row?.sales ?? 0) < reached.sales) wrong.push(`${row?.sales} are booked of ${reached.sales}`);
          }),
        database.rows(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and usename like '%\\_pool' and pid <> pg_backend_pid()`,
        ),
      );
    },
  });
  await Promise.all(looking);
  expect(cuts).toBeGreaterThan(2);
  expect(wrong).toEqual([]);
  expect(report).toMatchObject({ isFinished: true, reached: { sales: 3_000, rejected: 0 }, books: { sales: 3_000 } });
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -3_000 });
});

test('a file that is none of sales books nothing and says why', async () => {
  await expect(run(write('name,age', 'Ada,36'))).rejects.toThrow(/column "age".*there are externalId/);
  expect(await checkpoints()).toEqual([]);
});

test('who may not send sales of this till does not import any', async () => {
  const other = await foundBrand(database, 'Other');
  const { db } = database;
  const { lanes, ingest } = openIngest({
    db,
    clock,
    logger: createLogger({ level: 'silent' }),
    metrics: createMetrics(),
  });
  await lanes.start();
  const attempt = importSales(
    { db, ingest, clock },
    {
      file: await surveyFile(write(header, ...teas(3))),
      caller: operatorAt(other),
      system: { ...till, currency: 'USD' },
      timeZone: 'UTC',
      connections: 1,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
  );
  await expect(attempt).rejects.toMatchObject({ code: 'identity.forbidden' });
  await lanes.stop();
  expect(await database.rows('select from pos_transactions where location_id = $1', [till.locationId])).toEqual([]);
});
