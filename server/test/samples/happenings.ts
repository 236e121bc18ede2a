// How each kind of event comes about, through the API as programs use it: what the samples are made of. Complete on
// purpose: a new kind does not compile until somebody has said how to make one happen.
import { realSleep } from '@tillstream/simulators';
import { startSquare } from '@tillstream/simulators/vendors';
import type { EventType } from '../../src/events/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { eventually } from '../harness/eventually.ts';
import { openCaller } from '../harness/http-caller.ts';
import type { TestApp } from '../harness/test-app.ts';

export type EventRow = Readonly<Record<string, unknown>>;

interface Stage {
  readonly app: TestApp;
  readonly locationId: string;
  readonly productId: string;
  readonly posSystemId: string;
  post(path: string, body: unknown): Promise<Readonly<Record<string, unknown>>>;
}

type Happening = (stage: Stage) => Promise<unknown>;

const happenings: Readonly<Record<EventType, Happening>> = {
  'inventory.update': ({ post, locationId, productId }) =>
    post('/v1/inventory/adjustments', { locationId, productId, type: 'in', quantity: 100, reason: 'opening' }),
  'pos.transaction': async (stage) => {
    const line = { sku: 'bagel', name: 'Bagel', unitPrice: 2.5 };
    const sale = {
      externalId: 'sale 1',
      occurredAt: '2026-03-08T12:00:00Z',
      currency: 'USD',
      paymentMethod: 'card',
      total: 5.25,
      lines: [{ ...line, quantity: 2, total: 5 }],
    };
    await send(stage, sale);
    await send(stage, { ...sale, version: 2, total: 5 });
    const back = { ...sale, externalId: 'refund 1', kind: 'refund', refundOf: 'sale 1', total: -2.5 };
    await send(stage, { ...back, lines: [{ ...line, quantity: -1, total: -2.5 }] });
  },
  // A till of Square whose books somebody has touched: yesterday does not add up.
  'pos.day_compared': ({ app, post, locationId }) => makeDayDiffer(app, post, locationId),
  // The shelf falls below its reorder level, and is filled again.
  'stock.alert': async ({ post, locationId, productId }) => {
    const adjustment = { locationId, productId, reason: 'mould' };
    await post('/v1/inventory/adjustments', { ...adjustment, type: 'waste', quantity: -95 });
    await post('/v1/inventory/adjustments', { ...adjustment, type: 'in', quantity: 40 });
  },
  // Follows from the alert before.
  'notification.queued': ({ app }) =>
    eventually(async () => {
      if ((await app.rows('select from notification_queue')).length === 0) throw new Error('nobody was told');
    }),
  'access.changed': () => Promise.resolve('a brand was founded, and its founder became its admin'),
};

async function send({ post, posSystemId }: Stage, sale: object): Promise<void> {
  const answer = await post(`/v1/pos-systems/${posSystemId}/transactions`, { transactions: [sale] });
  const [result] = answer['results'] as readonly { status: string }[];
  if (!['created', 'updated'].includes(result?.status ?? '')) throw new Error(JSON.stringify(answer));
}

async function makeDayDiffer(app: TestApp, post: Stage['post'], locationId: string): Promise<void> {
  const place = { timeZone: 'America/New_York', currency: 'USD', closingHour: 4 };
  const products = [{ sku: 'bagel', name: 'Bagel', unit: 'piece', priceCents: 250, popularity: 1 }] as const;
  const clock = { now: () => systemClock.now().getTime(), sleep: realSleep };
  const square = await startSquare({ clock, seed: 'day', shops: [{ id: 'shop', name: 'Shop', ...place, products }] });
  try {
    const till = await post('/v1/pos-systems', {
      ...{ locationId, systemType: 'square', name: 'Counter', apiEndpoint: square.url },
      credentials: { apiKey: square.accessToken },
      settings: { locationIds: square.externalIdOf('shop') },
      syncSettings: { enabled: true, frequencyMinutes: 60, autoSync: false },
    });
    // Rung up two days ago by a till that was offline until now.
    const occurredAt = clock.now() - 2 * 86_400_000;
    const ticket = { lines: [{ sku: 'bagel', name: 'Bagel', quantity: 1_000, price: 250 }] };
    square.ring({ shopId: 'shop', ticket, occurredAt, offline: true });
    const path = `/v1/pos-systems/${String(till['id'])}`;
    const until = async (statement: string) =>
      eventually(async () => {
        const [row] = await app.rows<{ day: string }>(statement, [till['id']]);
        if (row === undefined) throw new Error(`not yet: ${statement}`);
        return row.day;
      });
    await post(`${path}/sync`, { since: new Date(clock.now() - 3 * 86_400_000).toISOString() });
    const sold = 'select business_date::text as day from pos_transactions where pos_system_id = $1';
    const businessDate = await until(sold);
    await app.rows('update pos_transactions set total_amount = 1 where pos_system_id = $1', [till['id']]);
    await post(`${path}/days`, { businessDate });
    await until(
      `select business_date::text as day from pos_day_proofs where pos_system_id = $1 and state = 'different'`,
    );
  } finally {
    await square.close();
  }
}

/** Makes everything happen in a new shop; answers the events of each kind in their order, as rows of the log. */
export async function makeEverythingHappen(app: TestApp): Promise<ReadonlyMap<string, readonly EventRow[]>> {
  const owner = openCaller(app.url, app.ownerKey);
  const post = async (path: string, body: unknown) => {
    const answer = await owner.call(`POST ${path}`, { body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  try {
    const stage = { app, post, ...(await openStage(post)) };
    for (const happening of Object.values(happenings)) await happening(stage);
  } finally {
    owner.close();
  }
  const rows = await app.rows<{ event: EventRow }>('select to_jsonb(e) as event from sync_events e order by seq');
  return Map.groupBy(
    rows.map(({ event }) => event),
    (event) => String(event['event_type']),
  );
}

async function openStage(post: Stage['post']): Promise<Omit<Stage, 'app' | 'post'>> {
  const { id: locationId } = await post('/v1/locations', { name: 'Astoria', timeZone: 'America/New_York' });
  const { id: productId } = await post('/v1/products', { sku: 'bagel', name: 'Bagel', price: 2.5 });
  await post('/v1/inventory-items', { locationId, productId, reorderLevel: 10 });
  const { id: posSystemId } = await post('/v1/pos-systems', { locationId, systemType: 'custom', name: 'Till' });
  return { locationId: String(locationId), productId: String(productId), posSystemId: String(posSystemId) };
}
