import { SquareClient, WebhooksHelper } from 'square';
import { afterEach, describe, expect, test } from 'vitest';
import { steppingClock } from '../../../test/stepping-clock.ts';
import { latte, noon, twoCroissants, vendorShop } from '../../../test/vendor-shops.ts';
import { receiveWebhooks } from '../../../test/webhook-receiver.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { type SquareTills, startSquare } from './start-square.ts';
import type { SquareSwitches } from './switches.ts';
import { signSquare } from './webhooks.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(options: Partial<VendorOptions<SquareSwitches>> = {}) {
  const clock = steppingClock(noon);
  const tills = await startSquare({ clock, seed: 'square', shops: [vendorShop()], ...options });
  closing.push(() => tills.close());
  const client = clientOf(tills);
  return { clock, tills, client, shop: tills.externalIdOf('shop-1') };
}

const clientOf = (tills: SquareTills, token = tills.accessToken) =>
  new SquareClient({ token, baseUrl: tills.url, maxRetries: 0 });

describe('webhooks', () => {
  const vectors = [
    {
      key: 'Ibxx_5AKakO-3qeNVR61Dw',
      url: 'https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9',
      body: '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f","created_at":"2022-07-13T20:30:59.037339943Z","data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}',
      signature: 'GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=',
    },
    {
      key: 'signature-key',
      url: 'https://webhook.site/webhooks',
      body: '{"data":{"type":"webhooks","id":"fake_id"}}',
      signature: 'W3FlCNk5IA3ZQ2LHTWoajvzfaDu/OwY2tNHIHC3IUOA=',
    },
    {
      key: 'signature-key',
      url: 'https://webhook.site/webhooks',
      body: '{"data":{"type":"webhooks","id":">id<"}}',
      signature: 'Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=',
    },
  ];

  test.for(vectors)("the vendor's own example is signed as $signature", async ({ key, url, body, signature }) => {
    expect(signSquare(key, url, body)).toBe(signature);
  });

  test("messages are signed so that the vendor's own client accepts them, and for no other address", async () => {
    const { tills } = await setUp();
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    const { signatureKey } = tills.subscribe(receiver.url, ['payment.created', 'payment.updated', 'order.created']);
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    await receiver.waitFor(1);
    await tills.webhooksSettled();
    const [message] = receiver.received;
    const proof = {
      requestBody: message?.body ?? '',
      signatureHeader: String(message?.headers['x-square-hmacsha256-signature']),
      signatureKey,
      notificationUrl: receiver.url,
    };
    expect(await WebhooksHelper.verifySignature(proof)).toBe(true);
    expect(await WebhooksHelper.verifySignature({ ...proof, notificationUrl: `${receiver.url}/` })).toBe(false);
    expect(await WebhooksHelper.verifySignature({ ...proof, requestBody: `${proof.requestBody} ` })).toBe(false);
    const events = receiver.received.map(({ body }) => JSON.parse(body));
    // A sale of the Point of Sale app causes payment events alone.
    expect(events.map(({ type }) => type)).toEqual(['payment.created']);
    expect(events[0]).toMatchObject({ data: { type: 'payment', object: { payment: { order_id: rung.id } } } });
  });

  test('orders made by the API have versions and thin events', async () => {
    const { tills, client } = await setUp({ switches: { ordersMadeBy: 'api' } });
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    tills.subscribe(receiver.url, ['order.updated']);
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, until: 'approved' });
    tills.edit(rung.id, { add: [twoCroissants] });
    tills.capture(rung.id);
    await receiver.waitFor(3);
    const thin = receiver.received.map(({ body }) => JSON.parse(body).data.object.order_updated);
    expect(thin.map(({ version }) => version).toSorted()).toEqual([2, 3, 4]);
    expect(thin[0]).not.toHaveProperty('line_items');
    const { order } = await client.orders.get({ orderId: rung.id });
    expect(order).toMatchObject({ version: 4, state: 'COMPLETED', totalMoney: { amount: 1230n } });
  });

  test('what is not taken is sent again after a minute, then two, and says why', async () => {
    const { clock, tills } = await setUp();
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    tills.subscribe(receiver.url, ['payment.created']);
    receiver.answer(500);
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    await receiver.waitFor(1);
    await expect.poll(clock.sleepers).toBe(1);
    clock.advance(60_000);
    await receiver.waitFor(2);
    await expect.poll(clock.sleepers).toBe(1);
    clock.advance(60_000);
    expect(receiver.received).toHaveLength(2);
    receiver.answer(200);
    clock.advance(60_000);
    await receiver.waitFor(3);
    await tills.webhooksSettled();
    expect(receiver.received[2]?.headers).toMatchObject({
      'square-retry-number': '2',
      'square-retry-reason': 'http_error',
    });
    const ids = receiver.received.map(({ body }) => JSON.parse(body).event_id);
    expect(new Set(ids).size).toBe(1);
    expect(tills.webhooks).toMatchObject({ messages: 1, attempts: 3, delivered: 1, lost: 0 });
  });

  test('shares of them are dropped, doubled and late, and the events that were missed can be read again', async () => {
    const trouble = { webhooksDropped: 0.2, webhooksDoubled: 0.2, webhooksLate: 0.2 };
    const { clock, tills, client } = await setUp({ trouble });
    await client.events.enableEvents();
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    tills.subscribe(receiver.url, ['payment.created']);
    for (let n = 0; n < 200; n++) tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const { dropped, doubled } = tills.webhooks;
    expect(Math.abs(dropped - 40)).toBeLessThan(20);
    await expect.poll(clock.sleepers).toBeGreaterThan(20);
    clock.advance(30_000);
    await tills.webhooksSettled();
    const ids = new Set(receiver.received.map(({ body }) => JSON.parse(body).event_id));
    expect(receiver.received).toHaveLength(200 - dropped + doubled);
    expect(ids.size).toBe(200 - dropped);
    const replayed: string[] = [];
    let cursor: string | undefined;
    do {
      const found = await client.events.searchEvents({ limit: 70, ...(cursor ? { cursor } : {}) });
      replayed.push(...(found.events ?? []).map(({ eventId }) => eventId ?? ''));
      cursor = found.cursor;
    } while (cursor);
    expect(new Set(replayed).size).toBe(200);
  });
});
