/** The command as an operator gives it: as a process of its own, by its exit code and what it prints. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProducts, foundBrand, openShop } from '../../test/factories/brand.ts';
import { installTill, saleOf, stockOf, type Till } from '../../test/factories/till.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { type RunningImport, runImport } from '../../test/kill/run-import.ts';
import { createApiKey, type KeyScope } from '../identity/index.ts';
import { backgroundActor } from '../platform/actor.ts';
import { importSalesCommand } from './import-sales.ts';

let database: TestDatabase;
let till: Till;
let folder: string;
const keys = { own: '', reading: '', foreign: '' };

beforeAll(async () => {
  database = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'tillstream-import-'));
  const brand = await foundBrand(database);
  await addProducts(database, brand, ['tea']);
  till = await installTill(database, await openShop(database, brand));
  const makeKey = async (franchiseId: string, scope: KeyScope) => {
    const row = { franchiseId, name: 'import', scopes: [scope], createdBy: 'system:test' };
    return (await database.db.transaction(backgroundActor('test'), (tx) => createApiKey(tx, row))).key;
  };
  keys.own = await makeKey(brand.franchiseId, 'sales:write');
  keys.reading = await makeKey(brand.franchiseId, 'inventory:read');
  keys.foreign = await makeKey((await foundBrand(database, 'Other')).franchiseId, 'admin');
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.close();
});

function write(bytes: string | Buffer): string {
  const path = join(folder, uuidv7());
  writeFileSync(path, bytes);
  return path;
}

function start(path: string, more: readonly string[] = [], onProgress?: (run: RunningImport) => void): RunningImport {
  const run = runImport({
    dataDir: folder,
    path,
    posSystemId: till.id,
    more,
    environment: { DATABASE_URL: database.ownerUrl },
    onProgress: () => onProgress?.(run),
  });
  return run;
}

async function outcomeOf(run: RunningImport): Promise<{ code: number | null; said: string }> {
  return { code: await run.ended, said: run.said() + run.progress() };
}

const csv = (prefix: string, count: number) =>
  [
    'externalId,occurredAt,sku,quantity,unitPrice',
    ...Array.from({ length: count }, (_, n) => `${prefix}${n},2026-01-05 08:00:00,tea,1,2.50`),
  ].join('\n');

test('packed CSV by a key: exit code 0, and a summary of what was booked', async () => {
  const { code, said } = await outcomeOf(start(write(gzipSync(csv('a', 10))), ['--key', keys.own]));
  expect(code, said).toBe(0);
  expect(said).toMatch(/Imported .*: 10 sales of 10 lines/);
  expect(said).toContain('not refused: 25.00 USD');
  expect(said).toContain('in the books of this till now: 10 sales, 25.00 USD');
  const performers = await database.rows<{ by: string }>(
    'select distinct performed_by as by from stock_movements where location_id = $1',
    [till.locationId],
  );
  expect(performers).toEqual([{ by: expect.stringMatching(/^key:/) }]);
});

test('NDJSON with a sale that is refused: exit code 3, the others are booked', async () => {
  const lines = [
    saleOf({ tea: 2 }, { externalId: 'n1' }),
    { externalId: 'n2' },
    saleOf({ tea: 1 }, { externalId: 'n3' }),
  ];
  const { code, said } = await outcomeOf(start(write(lines.map((line) => JSON.stringify(line)).join('\n'))));
  expect(code, said).toBe(3);
  expect(said).toMatch(/created\s+2\n.*\n.*\n\s+refused\s+1/);
  expect(said).toContain('/v1/sync-errors');
});

test('interrupted in the middle: exit code 130; the same command goes on and ends with 0', async () => {
  const before = (await stockOf(database, till.locationId))['tea'] ?? 0;
  const path = write(csv('many', 3_000));
  let told = false;
  const first = start(path, [], (run) => {
    // Once: who is told twice goes at once.
    if (!told) run.child.kill('SIGINT');
    told = true;
  });
  const interrupted = await outcomeOf(first);
  expect(interrupted.code, interrupted.said).toBe(130);
  expect(interrupted.said).toContain('again to go on');
  const second = await outcomeOf(start(path));
  expect(second.code, second.said).toBe(0);
  expect(second.said).toMatch(/Going on behind [\d,]+ sales/);
  expect(second.said).toMatch(/3,000 sales of 3,000 lines, [\d,]+ of them before it was interrupted/);
  expect((await stockOf(database, till.locationId))['tea']).toBe(before - 3_000);
});

test.each([
  ['a key of another brand', () => ['--key', keys.foreign], /There is no POS system/],
  ['a key that may not send sales', () => ['--key', keys.reading], /may not send sales/],
  ['an unknown POS system', () => ['--pos-system', uuidv7()], /There is no POS system/],
])('%s: exit code 1, and a sentence that says why', async (_, more, words) => {
  const { code, said } = await outcomeOf(start(write(csv('x', 1)), more()));
  expect(code).toBe(1);
  expect(said).toMatch(words);
  expect(said.trim().split('\n')).toHaveLength(1);
});

test.each([
  [['sales.csv'], /--pos-system must be the id of a POS system, got ""/],
  [['sales.csv', '--pos-system', 'till 7'], /--pos-system must be the id of a POS system, got "till 7"/],
  [['sales.csv', '--pos-system', uuidv7(), '--connections', '1000'], /--connections must be .* 1 to 64, got "1000"/],
  [['sales.csv', '--pos-system', uuidv7(), '--format', 'xml'], /--format must be csv or ndjson, got "xml"/],
  [['sales.csv', 'other.csv', '--pos-system', uuidv7()], /Give one FILE, got 2/],
  [[], /Give one FILE, got 0/],
  [['absent.csv', '--pos-system', uuidv7()], /absent.csv cannot be read/],
])('the words %j are refused before anything is touched', async (args, words) => {
  await expect(importSalesCommand.run(args)).rejects.toThrow(words);
});
