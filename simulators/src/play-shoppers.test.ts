import { expect, test } from 'vitest';
import { aShop, products } from '../test/shops.ts';
import type { Clock } from './clock.ts';
import { generateDay } from './generate-day.ts';
import type { Play } from './play-shoppers.ts';
import { playShoppers } from './play-shoppers.ts';
import type { Sale, TillSale } from './sale.ts';
import type { SendResult } from './till.ts';

/** A clock on which sleeping takes no time: whoever sleeps longest is woken last. */
function fakeClock(): Clock {
  let now = 1_000_000;
  return {
    now: () => now,
    async sleep(ms) {
      const until = now + ms;
      // Everything that is ready goes first, as it would in the milliseconds of a real sleep.
      await new Promise((resolve) => setImmediate(resolve));
      now = Math.max(now, until);
    },
  };
}

const shops = [aShop({ salesPerDay: 120 }), aShop({ id: 'shop-2', posSystemId: 'till-2', salesPerDay: 120 })];
const day = (): TillSale[] => [...generateDay({ seed: 'play', date: '2026-06-19', shops, products })];

/** A server that knows sales by (POS system, external id), and whose weather `before` each request may be bad. */
function fakeServer(before: () => void = () => undefined) {
  const booked = new Map<string, Sale>();
  const requests: { posSystemId: string; sales: readonly Sale[] }[] = [];
  const answer = (posSystemId: string, sale: Sale): SendResult => {
    const key = `${posSystemId} ${sale.externalId}`;
    const known = booked.get(key);
    if (known && known.version >= sale.version) return { externalId: sale.externalId, status: 'duplicate' };
    booked.set(key, sale);
    return { externalId: sale.externalId, status: known ? 'updated' : 'created' };
  };
  return {
    booked,
    requests,
    send: async (posSystemId: string, sales: readonly Sale[]) => {
      requests.push({ posSystemId, sales });
      before();
      return sales.map((sale) => answer(posSystemId, sale));
    },
  };
}

const play = (overrides: Partial<Play> & Pick<Play, 'send'>) =>
  playShoppers({ sales: day(), clock: fakeClock(), signal: new AbortController().signal, speed: 1000, ...overrides });

test.each([1, 60, 1000])('at speed %i each sale is sent when its share of the day has passed', async (speed) => {
  const clock = fakeClock();
  const start = clock.now();
  const sentAt = new Map<string, number>();
  const sales = day();
  await play({
    clock,
    speed,
    send: async (posSystemId, batch) => {
      for (const sale of batch) sentAt.set(`${posSystemId} ${sale.externalId} ${sale.version}`, clock.now() - start);
      return batch.map(({ externalId }) => ({ externalId, status: 'created' }));
    },
  });
  expect(sentAt.size).toBe(sales.length);
  for (const { at, posSystemId, sale } of sales) {
    const expected = (at - (sales[0]?.at ?? 0)) / speed;
    const sent = sentAt.get(`${posSystemId} ${sale.externalId} ${sale.version}`);
    // Never before its instant (a sale must not be from the future), and no later than the next sale's.
    expect(sent).toBeGreaterThanOrEqual(expected - 1e-3);
    expect(sent).toBeLessThan(expected + (40 * 60_000) / speed);
  }
});

test('every sale reaches the server, a few a request, versions in order', async () => {
  const server = fakeServer();
  const progress = await play({ send: server.send, batchMax: 7 });
  const sales = day();
  const later = sales.filter(({ before }) => before).length;
  expect(progress).toMatchObject({
    due: sales.length,
    created: sales.length - later,
    updated: later,
    duplicate: 0,
    rejected: 0,
    retries: 0,
  });
  expect(Math.max(...server.requests.map((request) => request.sales.length))).toBeLessThanOrEqual(7);
});

test('a batch is repeated as it was until it is answered, and nothing is lost or sent twice beyond that', async () => {
  let requests = 0;
  const server = fakeServer(() => {
    if (++requests % 3 !== 0)
      throw requests % 2 === 0 ? new TypeError('fetch failed') : Object.assign(new Error('busy'), { status: 503 });
  });
  const errors: unknown[] = [];
  const progress = await play({ send: server.send, onRetry: (error) => errors.push(error) });
  expect(progress.retries).toBe(errors.length);
  expect(progress.retries).toBeGreaterThan(10);
  expect(progress.created + progress.updated).toBe(progress.due);
  for (const till of ['till-1', 'till-2']) {
    const sent = server.requests
      .filter(({ posSystemId }) => posSystemId === till)
      .map(({ sales }) => JSON.stringify(sales));
    const order = sent.filter((body, at) => body !== sent[at - 1]);
    expect(new Set(order).size).toBe(order.length);
  }
});

test('an answer that is lost after the booking makes a duplicate, not a second sale', async () => {
  const server = fakeServer();
  const lost = new Set<string>();
  const progress = await play({
    send: async (posSystemId, sales) => {
      const results = await server.send(posSystemId, sales);
      const body = posSystemId + JSON.stringify(sales);
      if (!lost.has(body)) {
        lost.add(body);
        throw new TypeError('socket hang up');
      }
      return results;
    },
  });
  expect(progress.duplicate).toBe(progress.due);
  expect(server.booked.size).toBe(day().filter(({ before }) => !before).length);
});

test('retry-after is obeyed', async () => {
  const clock = fakeClock();
  const times: number[] = [];
  await play({
    clock,
    sales: day().slice(0, 1),
    send: async (_, sales) => {
      times.push(clock.now());
      if (times.length === 1) throw Object.assign(new Error('busy'), { status: 503, retryAfterSeconds: 5 });
      return sales.map(({ externalId }) => ({ externalId, status: 'created' }));
    },
  });
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(5000);
});

test('a final refusal ends the play with that error', async () => {
  const revoked = Object.assign(new Error('the key was revoked'), { status: 401 });
  let requests = 0;
  const refused = play({
    send: async () => {
      requests++;
      throw revoked;
    },
  });
  await expect(refused).rejects.toBe(revoked);
  expect(requests).toBeLessThanOrEqual(shops.length);
});

test('an abort stops the play at once, in the middle of a sleep and of a request', async () => {
  const stop = new AbortController();
  const server = fakeServer();
  const neverWakes: Clock = {
    now: () => 0,
    sleep: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  };
  const asleep = play({
    send: server.send,
    clock: neverWakes,
    signal: stop.signal,
    onAcknowledged: () => stop.abort(),
  });
  expect((await asleep).created).toBe(1);

  const inRequest = new AbortController();
  const hanging = play({
    signal: inRequest.signal,
    send: (_, __, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        inRequest.abort();
      }),
  });
  expect(await hanging).toMatchObject({ created: 0, retries: 0 });
});

test('a server that stalls holds the play back instead of filling the memory', async () => {
  const held = Promise.withResolvers<void>();
  let pulled = 0;
  function* counted() {
    for (const sale of day()) {
      pulled++;
      yield sale;
    }
  }
  const server = fakeServer();
  const clock = fakeClock();
  const stalled = play({
    sales: counted(),
    clock,
    waitingMax: 10,
    send: async (posSystemId, sales) => {
      await held.promise;
      return server.send(posSystemId, sales);
    },
  });
  // As many turns as the whole day would need if nothing held it back.
  for (let turn = 0; turn < 1000; turn++) await clock.sleep(0, new AbortController().signal);
  expect(pulled).toBe(11);
  held.resolve();
  expect((await stalled).due).toBe(day().length);
});

test('no more requests are under way than allowed', async () => {
  const many = Array.from({ length: 20 }, (_, n) =>
    aShop({ id: `shop-${n}`, posSystemId: `till-${n}`, salesPerDay: 50 }),
  );
  let underWay = 0;
  let most = 0;
  await play({
    sales: generateDay({ seed: 'many', date: '2026-06-19', shops: many, products }),
    requestsMax: 3,
    send: async (_, sales) => {
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return sales.map(({ externalId }) => ({ externalId, status: 'created' }));
    },
  });
  expect(most).toBe(3);
});

test.each([{ speed: 0 }, { speed: 1001 }, { batchMax: 0 }, { batchMax: 1001 }])('%o is refused', async (wrong) => {
  await expect(play({ send: fakeServer().send, ...wrong })).rejects.toThrow(RangeError);
});
