// How vendors are asked: within limits that all nodes share, never for longer than a time-out, patiently but not for ever.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/harness/test-database.ts';
import { systemClock } from '../../../platform/clock.ts';
import { Database } from '../../../platform/database.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { createOutboundAddresses } from '../../../platform/outbound-addresses.ts';
import type { Connector } from '../connectors/connector.ts';
import { squareConnector } from '../connectors/square/index.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import { createRateLimits } from './rate-limits.ts';
import { createTurnstile } from './turnstile.ts';
import { clockOffset, createVendorCalls } from './vendor-calls.ts';

let database: TestDatabase;
const servers: Server[] = [];
beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
afterAll(() => database.close());

async function vendor(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const { signal } = new AbortController();
let count = 0;
function lineTo(endpoint: string, part: { pace?: Partial<Connector['pace']>; timeoutMs?: number; db?: Database } = {}) {
  const { pace = {}, timeoutMs, db = database.db } = part;
  const connector = { ...squareConnector, pace: { ...squareConnector.pace, perTokenPerSecond: 1_000, ...pace } };
  const calls = createVendorCalls({
    ...{ limits: createRateLimits(db), clock: systemClock, metrics: createMetrics() },
    addresses: createOutboundAddresses({ allowPrivate: true }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return calls.line({ connector, endpoint, limitKey: `key ${++count}`, signal });
}

test('two nodes together keep one limit', async () => {
  const other = new Database({ url: database.url, connectionsMax: 2 });
  try {
    const limit = { name: 'shared', perSecond: 50 };
    const startedMs = performance.now();
    const nodes = [createRateLimits(database.db), createRateLimits(other)];
    const grants: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await nodes[index % 2]?.take(limit, signal);
        grants.push(performance.now() - startedMs);
      }),
    );
    // A hundred at fifty a second, the first of them at once: no less than their span, however fast the machine is.
    expect(Math.max(...grants)).toBeGreaterThan(99 * 20 - 50);
  } finally {
    await other.close();
  }
});

test('a vendor that wants to be left alone is, by every node', async () => {
  const limits = [createRateLimits(database.db), createRateLimits(database.db)];
  await limits[0]?.hold('tired', 300);
  const startedMs = performance.now();
  await limits[1]?.take({ name: 'tired', perSecond: 1_000 }, signal);
  expect(performance.now() - startedMs).toBeGreaterThan(250);
});

test('nobody waits for longer than a few seconds, and who is told to come later has taken nothing', async () => {
  const limits = createRateLimits(database.db);
  await limits.hold('asleep', 60_000);
  const taken = await limits.take({ name: 'asleep', perSecond: 1 }, AbortSignal.timeout(5_000)).catch((error) => error);
  expect(taken).toBeInstanceOf(VendorFailure);
  expect(taken).toMatchObject({ kind: 'rate_limited', retryAfterMs: expect.any(Number) });
  expect(taken.retryAfterMs).toBeGreaterThan(30_000);
  const granted = () =>
    database.rows<{ until: Date }>(`select granted_until as until from pos_rate_limits where name = 'asleep'`);
  const before = await granted();
  await limits.take({ name: 'asleep', perSecond: 1 }, signal).catch(() => undefined);
  expect(await granted()).toEqual(before);
});

test('429 and 5xx are tried again, a few times; what stays is answered as it is', async () => {
  const statuses = [429, 503, 200];
  const patient = await vendor((_request, response) => response.writeHead(statuses.shift() ?? 200).end('done'));
  expect(await (await lineTo(patient).fetch(patient)).text()).toBe('done');
  let asked = 0;
  const broken = await vendor((_request, response) => {
    asked += 1;
    response.writeHead(500).end();
  });
  expect((await lineTo(broken).fetch(broken)).status).toBe(500);
  expect(asked).toBe(4);
  let refused = 0;
  const strict = await vendor((_request, response) => {
    refused += 1;
    response.writeHead(403).end();
  });
  expect((await lineTo(strict).fetch(strict)).status).toBe(403);
  expect(refused).toBe(1);
  const slow = await vendor((_request, response) => response.writeHead(429, { 'retry-after': '600' }).end());
  expect((await lineTo(slow).fetch(slow)).status).toBe(429);
});

test('what hangs, breaks or answers without end is given up, and says so without the address', async () => {
  const outcome = (url: string, timeoutMs = 200) =>
    lineTo(url, { timeoutMs })
      .fetch(`${url}/path?secret=planted`)
      .catch((error: unknown) => error);
  const hanging = await outcome(await vendor(() => undefined));
  expect(hanging).toBeInstanceOf(VendorFailure);
  expect(hanging).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('did not answer in time') });
  const cut = await outcome(await vendor((_request, response) => void response.destroy()));
  expect(cut).toMatchObject({ kind: 'unavailable', message: expect.not.stringContaining('planted') });
  const half = await outcome(
    await vendor((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
    }),
  );
  expect(half).toMatchObject({ kind: 'unavailable' });
  const redirected = await outcome(
    await vendor((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
  );
  expect(redirected).toMatchObject({ kind: 'unavailable' });
  const endless = await vendor((_request, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(1_048_576)));
      response.once('drain', more);
    };
    more();
  });
  expect(await outcome(endless, 60_000)).toMatchObject({ kind: 'malformed' });
});

test('no more requests of one token are under way than its make allows', async () => {
  let [inside, most] = [0, 0];
  const url = await vendor((_request, response) => {
    inside += 1;
    most = Math.max(most, inside);
    setImmediate(() => {
      inside -= 1;
      response.end();
    });
  });
  const line = lineTo(url, { pace: { atOnce: 2 } });
  await Promise.all(Array.from({ length: 20 }, () => line.fetch(url)));
  expect(most).toBe(2);
});

test('who gives up waiting at a turnstile takes nobody’s place', async () => {
  const turnstile = createTurnstile(1);
  const first = Promise.withResolvers<void>();
  const inside = turnstile.pass(() => first.promise, signal);
  const leaving = new AbortController();
  const gone = turnstile.pass(async () => 'never', leaving.signal);
  const last = turnstile.pass(async () => 'last', signal);
  leaving.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  first.resolve();
  await inside;
  expect(await last).toBe('last');
});

test('the clocks of vendor and server differ only where the Date header says so for certain', () => {
  const second = Date.parse('2026-03-02T10:00:00Z');
  // Written at 10:00:00.900, within the request: the header leaves 900 ms out, and 300 ms passed until it was read.
  expect(clockOffset({ dateMs: second, sentMs: second + 850, receivedMs: second + 1_200 })).toBe(0);
  // A vendor an hour behind is believed to be so; one that is ahead, too.
  const [sentMs, receivedMs] = [second + 3_600_500, second + 3_600_600];
  expect(clockOffset({ dateMs: second, sentMs, receivedMs })).toBe(-3_599_501);
  expect(clockOffset({ dateMs: second + 7_200_000, sentMs, receivedMs })).toBe(3_599_400);
});
