/**
 * What a follower derives happens once, wherever it is killed. The follower of the notifications is ended behind each of
 * its statements in turn, at which PostgreSQL sees what a SIGKILL shows it: the end of the session. A new one then goes on.
 * test/kill/alerts-kill.test.ts does the same to the whole server by real signals, at moments that nobody chooses.
 */
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNotificationFollower } from '../../src/delivery/notifications/index.ts';
import { type AnyNewEvent, append } from '../../src/events/index.ts';
import { addMembership, createFranchise, createLocation, createUser } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { Database } from '../../src/platform/database.ts';
import { eventually } from '../harness/eventually.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { checkMessages, countAttempts } from './message-ledger.ts';
import { openStatementCut } from './statement-cut.ts';

const system = backgroundActor('test');
/** More than a follower needs for a page; the proof ends by itself at the first number that it does not reach. */
const statementsMax = 60;

let database: TestDatabase;
let shop: { readonly franchiseId: string; readonly locationId: string; readonly told: readonly string[] };

beforeAll(async () => {
  database = await openTestDatabase();
  shop = await database.db.transaction(system, async (tx) => {
    const { id: franchiseId } = await createFranchise(tx, { name: 'Brand', currency: 'USD' });
    const place = { franchiseId, franchiseeId: null, timeZone: 'Europe/London' };
    const { id: locationId } = await createLocation(tx, { ...place, name: 'Soho' });
    const person = async (role: 'location_manager' | 'franchise_admin') => {
      const { id: userId } = await createUser(tx, { name: role });
      const at = role === 'location_manager' ? { role, locationId } : { role, franchiseId };
      await addMembership(tx, { userId, place: at, at: new Date(0) });
      return userId;
    };
    return { franchiseId, locationId, told: [await person('location_manager'), await person('franchise_admin')] };
  });
  await countAttempts(database.rows);
});
afterAll(() => database.close());

function alert(): AnyNewEvent {
  const [alertId, inventoryItemId, productId] = [uuidv7(), uuidv7(), uuidv7()];
  const { franchiseId, locationId } = shop;
  const levels = { currentStock: 4, reorderLevel: 5, rearmLevel: 6 };
  const names = { locationName: 'Soho', productName: 'Butter croissant', sku: 'CRO-1' };
  return {
    type: 'stock.alert',
    owner: { franchiseId, franchiseeId: null, locationId },
    entityId: alertId,
    operation: 'INSERT',
    record: { id: alertId, location_id: locationId },
    changeData: { alertId, inventoryItemId, locationId, productId, state: 'open', ...names, ...levels },
    sourceSystem: 'pos',
    timestamp: new Date(0),
  };
}

/** Follows over that wire until `end` resolves; what goes wrong on a wire that is cut is no news. */
async function followUntil<T>(url: string, end: Promise<T>): Promise<T> {
  const db = new Database({ url, connectionsMax: 2 });
  const follower = createNotificationFollower({ db, onError: () => undefined });
  try {
    await follower.start();
    return await end;
  } finally {
    await follower.stop();
    await db.close();
  }
}

const nobodyLacks = (alerts: readonly string[]) =>
  eventually(async () => {
    const rows = await database.rows<{ n: number }>(
      'select count(distinct source_event_id)::int as n from notification_queue',
    );
    expect(rows[0]?.n).toBe(alerts.length);
  });

/** Ends a follower behind that many statements of handling one new alert; null where it never needed so many. */
async function killAfter(statements: number, alerts: readonly string[]): Promise<string | null> {
  const wire = await openStatementCut(database.url, statements);
  try {
    await followUntil(wire.url, Promise.race([wire.happened, nobodyLacks(alerts)]));
    // Whoever is stopped has heard its last answer, or never will: the commit may be seen before it is answered.
    return wire.last();
  } finally {
    await wire.close();
  }
}

test('ended behind any statement, the follower loses no message and writes none twice', {
  timeout: 300_000,
}, async () => {
  const alerts: string[] = [];
  const begun = eventually(async () => expect(await database.rows('select from follower_positions')).toHaveLength(1));
  await followUntil(database.url, begun);
  const killedBehind: string[] = [];
  for (let statements = 0; statements < statementsMax; statements++) {
    alerts.push(...(await database.db.transaction(system, (tx) => append(tx, [alert()]))));
    const last = await killAfter(statements, alerts);
    if (last === null) break;
    killedBehind.push(last);
    await followUntil(database.url, nobodyLacks(alerts));
  }

  expect(await checkMessages(database.rows, shop.told)).toEqual([]);

  // Each kind of statement was the last one of some follower, or some boundary was left out.
  expect(killedBehind.length).toBeLessThan(statementsMax);
  const behind = (start: string) => killedBehind.filter((text) => text.startsWith(start)).length;
  expect(behind('nothing')).toBe(1);
  const texts = [
    'select position from',
    'update follower_positions',
    'insert into notification_queue',
    'insert into sync_events',
  ];
  for (const start of texts) expect(behind(start), start).toBeGreaterThanOrEqual(1);
  // Of the transaction that looks, and of the one that writes.
  for (const start of ['begin', 'commit']) expect(behind(start), start).toBeGreaterThanOrEqual(2);
});
