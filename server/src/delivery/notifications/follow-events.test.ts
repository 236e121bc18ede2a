import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/harness/test-database.ts';
import { type AnyNewEvent, append } from '../../events/index.ts';
import {
  addMembership,
  createFranchise,
  createFranchisee,
  createLocation,
  createUser,
  type NewMembership,
} from '../../identity/index.ts';
import { backgroundActor } from '../../platform/actor.ts';
import type { Loop } from '../../platform/loop.ts';
import { createNotificationFollower } from './follow-events.ts';

const system = backgroundActor('test');

let database: TestDatabase;
let follower: Loop;
let wake = (): void => undefined;
let place: Awaited<ReturnType<typeof foundShop>>;

beforeAll(async () => {
  database = await openTestDatabase({ onWake: () => wake() });
  place = await foundShop();
  follower = createNotificationFollower({ db: database.db, onError: (error) => expect.unreachable(String(error)) });
  wake = follower.wake;
  await follower.start();
  await vi.waitFor(async () => expect(await database.rows('select from follower_positions')).toHaveLength(1));
});
afterAll(async () => {
  await follower.stop();
  await database.close();
});

/** A shop with a manager, its firm's partner, and three people who must not hear of it. */
function foundShop() {
  return database.db.transaction(system, async (tx) => {
    const { id: franchiseId } = await createFranchise(tx, { name: 'Brand', currency: 'USD' });
    const { id: franchiseeId } = await createFranchisee(tx, { franchiseId, name: 'Firm' });
    const shop = { franchiseId, franchiseeId, timeZone: 'Europe/London' };
    const { id: locationId } = await createLocation(tx, { ...shop, name: 'Soho' });
    const { id: elsewhere } = await createLocation(tx, { ...shop, name: 'Camden' });
    const person = async (at: NewMembership['place']) => {
      const { id: userId } = await createUser(tx, { name: at.role });
      await addMembership(tx, { userId, place: at, at: new Date(0) });
      return userId;
    };
    const manager = await person({ role: 'location_manager', locationId });
    const partner = await person({ role: 'franchisee', franchiseeId });
    await person({ role: 'staff', locationId });
    await person({ role: 'location_manager', locationId: elsewhere });
    await person({ role: 'franchise_admin', franchiseId });
    return { franchiseId, franchiseeId, locationId, told: [manager, partner].sort() };
  });
}

function alert(state: 'open' | 'resolved'): AnyNewEvent {
  const [alertId, inventoryItemId, productId] = [uuidv7(), uuidv7(), uuidv7()];
  const { franchiseId, franchiseeId, locationId } = place;
  const levels = { currentStock: 4, reorderLevel: 5, rearmLevel: 6 };
  const names = { locationName: 'Soho', productName: 'Butter croissant', sku: 'CRO-1' };
  return {
    type: 'stock.alert',
    owner: { franchiseId, franchiseeId, locationId },
    entityId: alertId,
    operation: state === 'open' ? 'INSERT' : 'UPDATE',
    record: { id: alertId, location_id: locationId },
    changeData: { alertId, inventoryItemId, locationId, productId, state, ...names, ...levels },
    sourceSystem: 'pos',
    timestamp: new Date(0),
  };
}

const queued = () =>
  database.rows<{
    recipient_id: string;
    source_event_id: string;
    message: string;
    delivery_method: string;
    priority: number;
  }>(
    'select recipient_id, source_event_id, message, delivery_method, priority from notification_queue order by recipient_id',
  );

test('an opened alert tells the shop’s manager and the franchisee’s people, once, in words', async () => {
  const [opened] = await database.db.transaction(system, (tx) => append(tx, [alert('open'), alert('resolved')]));
  await vi.waitFor(async () => expect(await queued()).toHaveLength(2), { timeout: 5_000 });
  const rows = await queued();
  expect(rows.map((row) => row.recipient_id)).toEqual(place.told);
  expect(new Set(rows.map((row) => row.source_event_id))).toEqual(new Set([opened]));
  expect(rows[0]).toMatchObject({
    message: 'Butter croissant is running low at Soho. Current stock: 4',
    delivery_method: 'in_app',
    priority: 3,
  });
});

test('each message is an event that carries the whole row of the queue', async () => {
  const events = await database.rows<{ record: Record<string, unknown>; change_data: Record<string, unknown> }>(
    `select record, change_data from sync_events where event_type = 'notification.queued'`,
  );
  expect(events.map((event) => event.record['recipient_id']).sort()).toEqual(place.told);
  expect(Object.keys(events[0]?.record ?? {})).toEqual(expect.arrayContaining(['title', 'message', 'data', 'status']));
  expect(events[0]?.change_data['notificationType']).toBe('stock_alert');
});
