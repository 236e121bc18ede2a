/** What is looked for later than it was told: the proof of a day long over, a delivery that is tried again. */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { openTroubledGround, type TroubledGround } from './troubled-ground.ts';
import { orderAt, page, soldAt } from './troubled-vendor.ts';

let ground: TroubledGround;
beforeAll(async () => {
  // A till yields after each page.
  ground = await openTroubledGround({ shareMs: 0 });
});
afterEach(() => ground.closeTills());
afterAll(() => ground.stop());

test('a day with two partial refunds of one payment at Toast is equal at its end', async () => {
  const day = new Date('2026-03-05T18:00:00Z');
  const stamp = (minutes: number) => new Date(day.getTime() + minutes * 60_000).toISOString().replace('Z', '+0000');
  let refunded = 0;
  const order = () => {
    const refund = {
      ...{ refundAmount: refunded, tipRefundAmount: 0, refundDate: stamp(refunded), refundBusinessDate: 20_260_305 },
      refundTransaction: { guid: `tr${refunded}` },
    };
    const payment = { guid: 'p1', type: 'CASH', amount: 3, tipAmount: 0, paymentStatus: 'CAPTURED' };
    const { checks, guid } = orderAt(day, 1);
    return {
      ...{ guid, openedDate: stamp(0), createdDate: stamp(0), modifiedDate: stamp(refunded), businessDate: 20_260_305 },
      checks: [{ ...checks[0], payments: [refunded === 0 ? payment : { ...payment, refund }] }],
    };
  };
  let isOpen = false;
  const { till } = await ground.openTill('toast', ({ url, send }) => {
    const [start, end] = [url.searchParams.get('startDate'), url.searchParams.get('endDate')];
    if (!isOpen || start === null || end === null) return false;
    const changed = stamp(refunded);
    send(200, start <= changed && changed < end ? [order()] : []);
    return true;
  });
  isOpen = true;
  const path = `/v1/pos-systems/${till.posSystemId}`;
  for (refunded of [0, 1, 2]) {
    await ground.carriedOut(
      till,
      await ground.server.call('POST', `${path}/sync`, { body: { since: '2026-03-04T12:00:00Z' } }),
    );
  }
  expect(await ground.bookedAt(till)).toHaveLength(3);
  await ground.carriedOut(
    till,
    await ground.server.call('POST', `${path}/days`, { body: { businessDate: '2026-03-05' } }),
  );
  const { body } = await ground.server.call('GET', `${path}/days?limit=50`);
  const days = body['items'] as Record<string, unknown>[];
  expect(days.find(({ businessDate }) => businessDate === '2026-03-05')).toMatchObject({
    ...{ state: 'equal', differences: [] },
    vendor: { count: 3, total: '1' },
    booked: { count: 3, total: '1' },
  });
});

test('a delivery that is tried again hours later finds what it was about', async () => {
  let isShown = false;
  const soldTime = ground.server.clock.now();
  const { till } = await ground.openTill('custom', ({ url, send }) => {
    if (url.pathname !== '/transactions') return false;
    const since = new Date(url.searchParams.get('changedSince') ?? 0);
    const at = soldTime.toISOString();
    send(200, page(isShown && since <= soldTime ? [soldAt(soldTime, 'early', { openedAt: at, recordedAt: at })] : []));
    return true;
  });
  const secret = 'a-secret-of-a-till-of-thirty-two-characters';
  const made = await ground.server.call('POST', '/v1/pos-webhooks', { body: { systemType: 'custom' } });
  const address = `/v1/pos-webhooks/${made.body['id']}`;
  expect((await ground.server.call('POST', `${address}/configure`, { body: { secret } })).status).toBe(200);
  const told = JSON.stringify({
    events: [{ storeId: 'store-9', type: 'transaction.updated', entity: { externalId: 'early' } }],
  });
  const seconds = String(Math.floor(ground.server.clock.now().getTime() / 1000));
  const signature = createHmac('sha256', secret).update(`${seconds}.${told}`).digest('hex');
  const delivered = await fetch(String(made.body['url']), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-pos-timestamp': seconds, 'x-pos-signature': `v1=${signature}` },
    body: told,
  });
  expect(delivered.ok).toBe(true);
  const hints = () =>
    ground.server.database.rows('select 1 from pos_hints where pos_system_id = $1', [till.posSystemId]);
  await eventually(async () => expect(await hints()).toEqual([]));
  expect(await ground.bookedAt(till)).toEqual([]);

  ground.server.clock.advance(3 * 3_600_000);
  isShown = true;
  const { body } = await ground.server.call('GET', `${address}/messages?limit=1`);
  const [message] = body['items'] as { id: string }[];
  expect((await ground.server.call('POST', `${address}/messages/${message?.id}/replay`)).status).toBe(200);
  await eventually(async () => expect(await ground.bookedAt(till)).toEqual(['early']));
});

test('the proof of a day gives way to the feed page by page, and goes on after a kill where it was', async () => {
  const { server } = ground;
  const now = server.clock.now();
  const soldThen = new Date('2026-03-06T18:00:00Z');
  const pages = [
    page([soldAt(soldThen, 'a')], 'p1'),
    page([soldAt(soldThen, 'b')], 'p2'),
    page([soldAt(soldThen, 'c'), soldAt(new Date('2026-03-07T18:00:00Z'), 'd')]),
  ];
  // As the proof and the feed have asked, in order: since when, and where to go on.
  const asked: { readonly since: Date; readonly after: string | null }[] = [];
  let isOpen = false;
  const lines = {
    due: 'next_poll_at = clock_timestamp()',
    dead: 'lease_holder = gen_random_uuid(), lease_until = now()',
  };
  const { till } = await ground.openTill('custom', async ({ url, send }) => {
    if (!isOpen || url.pathname !== '/transactions') return false;
    const since = new Date(url.searchParams.get('changedSince') ?? 0);
    const after = url.searchParams.get('after');
    asked.push({ since, after });
    // The feed, whose window begins a little before now, has nothing.
    if (now.getTime() - since.getTime() < 3_600_000) return false;
    const set = (part: string) =>
      server.database.rows(`update pos_connections set ${part} where pos_system_id = $1`, [till.posSystemId]);
    const isSecond = now.getTime() - since.getTime() > 30 * 3_600_000;
    if (after === 'p1' && !isSecond) await set(lines.due);
    if (after === 'p2' && isSecond && asked.filter((each) => each.after === 'p2').length === 2) await set(lines.dead);
    send(200, pages[after === null ? 0 : Number(after.slice(1))]);
    return true;
  });
  isOpen = true;
  const path = `/v1/pos-systems/${till.posSystemId}`;
  const wish = () => server.call('POST', `${path}/days`, { body: { businessDate: '2026-03-06' } });
  await ground.carriedOut(till, await wish());
  const isFeed = ({ since }: { readonly since: Date }) => now.getTime() - since.getTime() < 3_600_000;
  // Between two pages of the first slice the feed had its turn.
  const shown = asked.map((each) => (isFeed(each) ? 'feed' : each.after)).slice(0, 4);
  expect(shown).toEqual([null, 'p1', 'feed', 'p2']);
  // Only the page that was under way at the kill is asked for twice: three slices of three pages each.
  expect(asked.filter((each) => !isFeed(each))).toHaveLength(10);
  const { body } = await server.call('GET', `${path}/days?limit=50`);
  const day = (wanted: string) =>
    (body['items'] as Record<string, unknown>[]).find(({ businessDate }) => businessDate === wanted);
  expect(day('2026-03-06')).toMatchObject({
    ...{ state: 'healed', repaired: 3, differences: [] },
    vendor: { count: 3, total: '9' },
    booked: { count: 3, total: '9' },
  });
  expect(day('2026-03-07')).toMatchObject({ state: 'healed', repaired: 1, vendor: { count: 1 } });
  // What was kept for it is gone.
  const kept = () => server.database.rows('select 1 from pos_proof_sales');
  expect(await kept()).toEqual([]);
});
