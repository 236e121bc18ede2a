/**
 * Square's own example messages where they are at hand, else a few of the same shape: Square's totals must come out of
 * their parts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { TranslationFacts } from '../../src/domains/pos/connectors/connector.ts';
import { squareConnector } from '../../src/domains/pos/connectors/square/index.ts';
import { parseSale } from '../../src/domains/pos/parse-sale.ts';

const folder = new URL('../../../../shared/data/square-examples/', import.meta.url);
const isThere = existsSync(folder);
if (!isThere)
  process.stderr.write('square-examples.test.ts: without ../shared/data/square-examples, by its own examples.\n');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const usd = (amount: number) => ({ amount, currency: 'USD' });
const ownExamples: { readonly [name: string]: Json } = {
  'endpoint-examples.spec.json': [
    {
      ...{ id: 'o1', location_id: 'L1', total_money: usd(1090), total_tax_money: usd(90), taxes: [] },
      line_items: [{ quantity: '2', gross_sales_money: usd(1200), total_discount_money: usd(200) }],
    },
    {
      ...{ id: 'r1', payment_id: 'p1', location_id: 'L1', status: 'COMPLETED', amount_money: usd(100) },
      ...{ created_at: '2026-03-06T17:00:00Z', updated_at: '2026-03-06T17:00:01Z' },
    },
  ],
  'webhook-events.spec-examples.json': {
    PaymentCreatedEvent: {
      ...{ event_id: 'e1', merchant_id: 'M', type: 'payment.created' },
      data: { id: 'p1', object: { payment: { id: 'p1', location_id: 'L1', order_id: 'o1' } } },
    },
  },
};
const read = (name: string): Json =>
  isThere ? JSON.parse(readFileSync(new URL(name, folder), 'utf8')) : (ownExamples[name] ?? null);

function* objectsIn(value: Json): Generator<{ [key: string]: Json }> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

const factsOf = (locationId: string): TranslationFacts => ({
  shop: { currency: 'USD', timeZone: 'America/New_York', closingHour: 4 },
  settings: { locationIds: locationId },
  arrivedAt: new Date('2026-03-06T17:00:00Z'),
  catalogue: () => null,
  refundsOf: () => [],
});

function translate(bundle: { [key: string]: Json }, locationId: string) {
  const bytes = Buffer.from(JSON.stringify(bundle));
  const document = { reference: { kind: 'order' as const, id: 'example' }, bytes };
  return squareConnector.translate(document, factsOf(locationId));
}

test('every example of an order comes to the total that Square gives it', () => {
  let whole = 0;
  for (const example of objectsIn(read('endpoint-examples.spec.json'))) {
    if (!Array.isArray(example['line_items']) || typeof example['id'] !== 'string') continue;
    const location = String(example['location_id']);
    const stamp = '2020-05-18T16:30:49.614Z';
    // Some are shown before they were paid, and without their stamps.
    const order = { created_at: stamp, updated_at: stamp, ...example, state: 'COMPLETED' };
    const { sales, refusals } = translate({ order }, location);
    expect(refusals).toEqual([]);
    for (const { bytes } of sales) {
      const parsed = parseSale(bytes, { currency: 'USD', now: new Date('2026-03-06T17:00:00Z') });
      if (!parsed.ok) throw new Error(`${example['id']}: ${parsed.refusal.detail}`);
      const { amount } = example['total_money'] as { amount: number };
      expect([example['id'], Number(parsed.sale.total)]).toEqual([example['id'], amount / 100]);
      // The one example of which Square shows the lines without what they cost cannot add up.
      if (Array.isArray(example['line_items']) && !JSON.stringify(example).includes('gross_sales_money')) continue;
      expect([example['id'], parsed.sale.discrepancy]).toEqual([example['id'], '0']);
      whole++;
    }
  }
  expect(whole).toBeGreaterThan(isThere ? 2 : 0);
});

test('every example of a refund becomes money that went back, or waits', () => {
  let seen = 0;
  for (const refund of objectsIn(read('endpoint-examples.spec.json'))) {
    if (typeof refund['payment_id'] !== 'string' || typeof refund['location_id'] !== 'string' || !('status' in refund))
      continue;
    const { sales, refusals, leftOut } = translate({ refund, order: null, payment: null }, refund['location_id']);
    expect(refusals).toEqual([]);
    expect(sales.length + leftOut.length).toBe(1);
    seen++;
  }
  expect(seen).toBeGreaterThan(isThere ? 1 : 0);
});

test('every example of an event is read, and points to where it should be looked', () => {
  const events = Object.entries(read('webhook-events.spec-examples.json') as { [name: string]: Json });
  expect(events.length).toBeGreaterThan(isThere ? 8 : 0);
  const secret = 'signature-key';
  const url = 'https://till.example/hooks';
  for (const [name, event] of events) {
    const body = Buffer.from(JSON.stringify(event));
    const { createHmac } = process.getBuiltinModule('node:crypto');
    const signature = createHmac('sha256', secret).update(url).update(body).digest('base64');
    const headers = { 'x-square-hmacsha256-signature': signature };
    const answer = squareConnector.verifyWebhook({ body, headers, url, now: new Date() }, [secret]);
    if (answer.outcome !== 'genuine') throw new Error(`${name}: ${JSON.stringify(answer)}`);
    const isWanted = /^(Order(Created|Updated)|Payment|Refund|Catalog|Oauth)/.test(name);
    expect([name, answer.hints.length]).toEqual([name, isWanted ? 1 : answer.hints.length]);
  }
});
