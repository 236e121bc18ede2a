import { createTillstream } from '@tillstream/client';
import { expect, test } from 'vitest';
import { aShop, products } from '../test/shops.ts';
import { generateDay } from './generate-day.ts';
import { sendThrough } from './send-through.ts';

const sales = [...generateDay({ seed: 'send', date: '2026-06-19', shops: [aShop()], products })]
  .slice(0, 3)
  .map(({ sale }) => sale);
const never = new AbortController().signal;

/** The real client against a server of one answer. */
function sendTo(answer: (request: Request) => Promise<Response>) {
  const client = createTillstream({
    url: 'http://127.0.0.1:1',
    apiKey: 'tsk_x',
    fetch: (input, init) => answer(new Request(input, init)),
  });
  return sendThrough(client);
}

test('sales go out in the wire shape of the sales route and the results come back in order', async () => {
  const bodies: unknown[] = [];
  const send = sendTo(async (request) => {
    expect(new URL(request.url).pathname).toBe('/v1/pos-systems/till-1/transactions');
    const body = (await request.json()) as { transactions: { externalId: string }[] };
    bodies.push(body);
    return Response.json({
      results: body.transactions.map(({ externalId }) => ({ externalId, version: 1, status: 'created' })),
    });
  });
  const results = await send('till-1', sales, never);
  expect(bodies).toEqual([{ transactions: sales }]);
  expect(results.map(({ externalId, status }) => [externalId, status])).toEqual(
    sales.map(({ externalId }) => [externalId, 'created']),
  );
});

test('an overloaded server is told apart from a revoked key, and says how long to wait', async () => {
  const busy = sendTo(async () => Response.json({ status: 503 }, { status: 503, headers: { 'retry-after': '3' } }));
  await expect(busy('till-1', sales, never)).rejects.toMatchObject({ status: 503, retryAfterSeconds: 3 });
  const revoked = sendTo(async () => Response.json({ status: 401 }, { status: 401 }));
  await expect(revoked('till-1', sales, never)).rejects.toMatchObject({ status: 401 });
});

test('an abort does not wait for the answer', async () => {
  const stop = new AbortController();
  const send = sendTo(() => {
    stop.abort(new Error('stopping'));
    return new Promise(() => undefined);
  });
  await expect(send('till-1', sales, stop.signal)).rejects.toThrow('stopping');
});
