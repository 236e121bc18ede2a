import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { stressService } from '../../test/harness/stress-service.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { startAll, stopAll } from '../platform/service.ts';
import { createLease, type Lease } from './lease.ts';

let database: TestDatabase;
const errors: unknown[] = [];
const onError = (error: unknown) => void errors.push(error);

beforeAll(async () => {
  database = await openTestDatabase();
});
beforeEach(async () => {
  errors.length = 0;
  await database.rows('delete from relay_lease');
});
afterAll(() => database.close());

function contender(onTaken: () => void = () => {}, ttlMs = 400): Lease {
  return createLease({ db: database.db, name: 'relay', ttlMs, intervalMs: 20, onError, onTaken });
}

const holders = (leases: readonly Lease[]) => leases.filter((lease) => lease.token() !== null);

test('of many who want it one holds it, for as long as it renews', async () => {
  const leases = Array.from({ length: 6 }, () => contender());
  await startAll(leases);
  await vi.waitFor(() => expect(holders(leases)).toHaveLength(1));
  const [holder] = holders(leases);
  const [{ expires_at: first } = { expires_at: new Date(0) }] = await database.rows<{ expires_at: Date }>(
    'select expires_at from relay_lease',
  );
  // Renewed for more than its whole term: whoever did not renew would have lost it by now.
  await vi.waitFor(async () => {
    const [row] = await database.rows<{ isLater: boolean }>(
      `select expires_at > $1::timestamptz + interval '800 ms' as "isLater" from relay_lease`,
      [first],
    );
    expect(row?.isLater).toBe(true);
  });
  expect(holders(leases)).toEqual([holder]);
  expect(holder?.token()).toBe(1);
  await stopAll(leases);
  expect(errors).toEqual([]);
});

test('given back at the end, it is taken at once, under a higher token', async () => {
  const first = contender(undefined, 60_000);
  await first.start();
  await vi.waitFor(() => expect(first.token()).toBe(1));
  const taken = Promise.withResolvers<void>();
  const second = contender(taken.resolve, 60_000);
  await second.start();
  expect(second.token()).toBeNull();
  await first.stop();
  expect(first.token()).toBeNull();
  await taken.promise;
  expect(second.token()).toBe(2);
  await second.stop();
});

test('a holder that cannot reach the database stops by itself, and another takes over by the clock of the database', async () => {
  const own = await openTestDatabase();
  const cutOff = createLease({ db: own.db, name: 'relay', ttlMs: 300, intervalMs: 20, onError });
  await cutOff.start();
  await vi.waitFor(() => expect(cutOff.token()).toBe(1));
  // Its rights are gone: every renewal fails from here on.
  await own.rows('revoke update on relay_lease from tillstream_background');
  await vi.waitFor(() => expect(cutOff.token()).toBeNull());
  expect(errors).not.toEqual([]);
  await own.rows('grant update on relay_lease to tillstream_background');
  const next = createLease({ db: own.db, name: 'relay', ttlMs: 300, intervalMs: 20, onError });
  await next.start();
  await vi.waitFor(() => expect([cutOff.token(), next.token()].filter((token) => token !== null)).toEqual([2]));
  await stopAll([cutOff, next]);
  await own.close();
});

test('starts and stops in any order', async () => {
  await stressService({ create: () => contender() });
});
