/** What Square leaves out of an answer, or hides in one of 200: an order is unknown only where Square says so. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Connection, VendorDocument } from '../../src/domains/pos/connectors/connector.ts';
import { squareConnector } from '../../src/domains/pos/connectors/square/index.ts';
import { type StubAnswer, type StubRequest, type StubVendor, startStubVendor } from '../vendors/stub-vendor.ts';

const stamps = { created_at: '2026-03-08T06:30:00Z', updated_at: '2026-03-08T06:31:00Z' };
const orderOf = (id: string) => ({ ...stamps, id, location_id: 'L1', state: 'COMPLETED' });
const paymentOf = (orderId: string) => ({ ...stamps, id: `of ${orderId}`, location_id: 'L1', order_id: orderId });
const window = { from: new Date('2026-03-08T06:00:00Z'), to: new Date('2026-03-08T07:00:00Z') };

let square: StubVendor;
let answers: (request: StubRequest) => StubAnswer | null;
const quiet: StubVendor['answer'] = ({ url, method }) => {
  const order = /^\/v2\/orders\/(\w+)$/.exec(url.pathname)?.[1];
  if (method === 'GET' && order !== undefined) return { body: { order: orderOf(order) } };
  return { body: {} };
};
beforeAll(async () => {
  square = await startStubVendor((request) => answers(request) ?? quiet(request));
});
beforeEach(() => {
  square.asked.length = 0;
  answers = () => null;
});
afterAll(() => square.close());

const connection = (): Connection => ({
  endpoint: square.url,
  credentials: { apiKey: 'token-of-the-till' },
  settings: { locationIds: 'L1' },
  fetch,
  now: () => new Date(),
  signal: new AbortController().signal,
});

async function changed(): Promise<string[]> {
  const documents: VendorDocument[] = [];
  for await (const page of squareConnector.fetchChanges(connection(), window, null)) documents.push(...page.documents);
  return documents.map(({ reference }) => `${reference.kind} ${reference.id}`);
}

/** Three payments were adjusted; of their orders a batch brings the first alone. */
const incomplete =
  (rest: (request: StubRequest) => StubAnswer | null): typeof answers =>
  (request) => {
    const { pathname } = request.url;
    if (pathname === '/v2/payments') return { body: { payments: ['o1', 'o2', 'o3'].map(paymentOf) } };
    if (pathname.endsWith('/batch-retrieve')) return { body: { orders: [orderOf('o1')] } };
    return rest(request);
  };

const notFound = {
  status: 404,
  body: { errors: [{ category: 'INVALID_REQUEST_ERROR', code: 'NOT_FOUND', detail: 'Order not found.' }] },
};

test('orders that a batch leaves out are asked for one by one', async () => {
  answers = incomplete(() => null);
  expect(await changed()).toEqual(['order o1', 'order o2', 'order o3']);
});

test('one of which Square says that it knows none is left out; any other answer is a failure', async () => {
  const lost = (answer: StubAnswer) => incomplete(({ url }) => (url.pathname === '/v2/orders/o2' ? answer : null));
  answers = lost(notFound);
  expect(await changed()).toEqual(['order o1', 'order o3']);
  answers = lost({ status: 500, body: {} });
  await expect(changed()).rejects.toMatchObject({ kind: 'unavailable' });
  answers = lost({ status: 403, body: {} });
  await expect(changed()).rejects.toMatchObject({ kind: 'forbidden' });
  answers = lost({ body: {} });
  await expect(changed()).rejects.toMatchObject({ kind: 'malformed' });
});

test('what a webhook named is fetched alike', async () => {
  answers = ({ url }) => (url.pathname.endsWith('/batch-retrieve') ? { body: {} } : null);
  const one = () => squareConnector.fetchOne(connection(), { kind: 'order', id: 'o7', changedSince: window.from });
  expect(await one()).toMatchObject([{ reference: { kind: 'order', id: 'o7' } }]);
  answers = ({ url }) => (url.pathname.endsWith('/batch-retrieve') ? { body: {} } : notFound);
  expect(await one()).toEqual([]);
});

test('an error within an answer of 200 is a failure, wherever it is told', async () => {
  const failures = [
    ['API_ERROR', 'unavailable'],
    ['RATE_LIMIT_ERROR', 'rate_limited'],
    ['AUTHENTICATION_ERROR', 'unauthorised'],
  ] as const;
  for (const path of ['/v2/orders/search', '/v2/orders/batch-retrieve', '/v2/payments', '/v2/refunds']) {
    for (const [category, kind] of failures) {
      const detail = 'Something went wrong with token-of-the-till.';
      answers = incomplete(() => null);
      const rest = answers;
      answers = (request) =>
        request.url.pathname === path
          ? { body: { errors: [{ category, code: 'INTERNAL_SERVER_ERROR', detail }] } }
          : rest(request);
      await expect(changed(), `${category} of ${path}`).rejects.toMatchObject({
        kind,
        message: expect.not.stringContaining('token-of-the-till'),
      });
    }
  }
});
