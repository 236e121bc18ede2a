import { afterEach, describe, expect, test } from 'vitest';
import { steppingClock } from '../../test/stepping-clock.ts';
import { latte, noon, vendorShop } from '../../test/vendor-shops.ts';
import { receiveWebhooks } from '../../test/webhook-receiver.ts';
import { startVendors } from './start-vendor-tills.ts';
import type { Trouble } from './trouble.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const noLimits = { tokenPerSecond: 10_000, appPerSecond: 10_000, tokenAtOnce: 100, appAtOnce: 100 };

async function setUp(make: (typeof makes)[number], trouble: Trouble) {
  const clock = steppingClock(noon);
  const shops = [{ ...vendorShop(), make }];
  const switches = { clover: noLimits, toast: { requestsPerSecond: 10_000 } };
  const vendors = await startVendors(shops, { clock, seed: `trouble at ${make}`, trouble, switches });
  closing.push(() => vendors.close());
  return { clock, vendors, tills: vendors.tillsOf('shop-1') };
}

const makes = ['square', 'clover', 'toast', 'custom'] as const;
const requests = 400;

describe.for(makes)('%s', (make) => {
  test('the wished shares of requests fail, and none once it is calm', async () => {
    const { tills } = await setUp(make, { rateLimited: 0.2, failing: 0.2, cut: 0.2 });
    const ask = () =>
      fetch(`${tills.url}/nowhere`).then(
        ({ status }) => status,
        () => 'cut',
      );
    const asked = async () => {
      const counts: Record<string, number> = {};
      for (let n = 0; n < requests; n++) {
        const outcome = String(await ask());
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
      return counts;
    };
    const troubled = await asked();
    // Eighty expected of each; the seed decides, so this is the same on every run.
    for (const outcome of ['429', '500', 'cut'])
      expect(Math.abs((troubled[outcome] ?? 0) - 80), outcome).toBeLessThan(30);
    Object.assign(tills.trouble, { rateLimited: 0, failing: 0, cut: 0 });
    const calm = await asked();
    expect(Object.keys(calm)).toEqual([make === 'custom' ? '401' : '404']);
  });

  test('the wished shares of messages are dropped, doubled and late', async () => {
    const shares = { webhooksDropped: 0.1, webhooksDoubled: 0.2, webhooksLate: 0.2 };
    const { clock, vendors, tills } = await setUp(make, shares);
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    vendors.square?.subscribe(receiver.url, ['payment.created']);
    vendors.toast?.subscribe(receiver.url);
    vendors.custom?.subscribe('shop-1', receiver.url);
    if (vendors.clover) {
      await vendors.clover.setWebhookAddress(receiver.url);
      vendors.clover.verifyWebhook(JSON.parse(receiver.received[0]?.body ?? '').verificationCode);
    }
    const before = receiver.received.length;
    for (let n = 0; n < 200; n++) {
      tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, until: make === 'custom' ? 'open' : 'approved' });
      // A message gathers what happens in one turn.
      await Promise.resolve();
    }
    const { webhooks } = tills;
    await expect.poll(() => webhooks.messages).toBe(200);
    expect(Math.abs(webhooks.dropped - 20)).toBeLessThan(14);
    expect(Math.abs(webhooks.doubled - 36)).toBeLessThan(18);
    expect(Math.abs(webhooks.late - 36)).toBeLessThan(18);
    await expect.poll(clock.sleepers).toBeGreaterThanOrEqual(webhooks.late);
    clock.advance(30_000);
    await tills.webhooksSettled();
    expect(receiver.received.length - before).toBe(200 - webhooks.dropped + webhooks.doubled);
    expect(webhooks).toMatchObject({ delivered: 200 - webhooks.dropped + webhooks.doubled, lost: 0 });
  });
});
