// How fast sockets are let in: by a clock that only the test moves, and through the door of a real server.
import { request } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reconnectDelayMs } from '../../../../../client/src/realtime/socket.ts';
import { foundBrand } from '../../../../test/factories/brand.ts';
import { ManualClock } from '../../../../test/harness/manual-clock.ts';
import { listen } from '../test/listening-client.ts';
import { type LiveGateway, makeKey, openLiveGateway } from '../test/live-gateway.ts';
import { connectRaw } from '../test/raw-client.ts';
import { Admission } from './admission.ts';

const clock = new ManualClock('2026-06-01T12:00:00Z');
const log: string[] = [];

function arrive(admission: Admission, name: string, isThere = () => true): void {
  admission.take({
    isThere,
    admit: () => void log.push(`${name} in`),
    turnAway: (seconds) => void log.push(`${name} away for ${seconds} s`),
  });
}

beforeEach(() => {
  log.length = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => void vi.useRealTimers());

/** Both clocks, since the rounds are a timer's and the rate is the clock's. */
function pass(ms: number): void {
  clock.advance(ms);
  vi.advanceTimersByTime(ms);
}

test('who comes alone is let in at once; who comes in a crowd waits in line, in order', () => {
  const admission = new Admission({ acceptsPerSecondMax: 10, acceptWaitMs: 1_000 }, clock);
  for (const name of ['a', 'b', 'c']) arrive(admission, name);
  expect(log).toEqual(['a in']);
  expect(admission.waiting).toBe(2);
  pass(100);
  arrive(admission, 'd');
  expect(log).toEqual(['a in', 'b in']);
  pass(100);
  pass(100);
  expect(log).toEqual(['a in', 'b in', 'c in', 'd in']);
  pass(1_000);
  arrive(admission, 'e');
  expect(log.at(-1)).toBe('e in');
});

test('who would have to wait for too long is told when to come back', () => {
  const admission = new Admission({ acceptsPerSecondMax: 2, acceptWaitMs: 2_000 }, clock);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) arrive(admission, name);
  expect(log).toEqual(['a in', 'f away for 2 s']);
});

test('who has gone away takes nobody’s turn', () => {
  const admission = new Admission({ acceptsPerSecondMax: 10, acceptWaitMs: 1_000 }, clock);
  arrive(admission, 'a');
  for (const name of ['b', 'c', 'd']) arrive(admission, name, () => false);
  arrive(admission, 'e');
  pass(100);
  expect(log).toEqual(['a in', 'e in']);
  expect(admission.waiting).toBe(0);
});

test('a crowd at a slow processor is let in no faster than it is served', () => {
  const admission = new Admission({ acceptsPerSecondMax: 100, acceptWaitMs: 5_000 }, clock);
  for (let n = 0; n < 100; n++) arrive(admission, String(n));
  expect(log).toHaveLength(10);
  // The round came a second late: what it missed is not made up for all at once.
  clock.advance(1_000);
  vi.advanceTimersByTime(20);
  expect(log).toHaveLength(20);
});

test('who waits when the node stops is turned away', () => {
  const admission = new Admission({ acceptsPerSecondMax: 1, acceptWaitMs: 5_000 }, clock);
  for (const name of ['a', 'b']) arrive(admission, name);
  admission.close();
  expect(log).toEqual(['a in', 'b away for 1 s']);
  pass(5_000);
  expect(log).toHaveLength(2);
});

test('at the door of a server: some wait and come in, the rest read 503 and when to come back', async () => {
  vi.useRealTimers();
  const live: LiveGateway = await openLiveGateway({ acceptsPerSecondMax: 2, acceptWaitMs: 1_000 });
  try {
    const url = `ws://127.0.0.1:${live.port}/websocket?apikey=x&vsn=2.0.0`;
    const first = await connectRaw(url);
    const waiting = [connectRaw(url), connectRaw(url)];
    await vi.waitFor(async () =>
      expect(await live.metrics.render()).toContain('tillstream_realtime_sockets_waiting 2\n'),
    );
    expect(await knock(live.port)).toEqual({
      status: 503,
      retryAfter: '1',
      body: { error: 'Too many clients come back at once, please standby' },
    });
    expect(live.gateway.statistics.sockets).toBe(1);
    live.clock.advance(500);
    const second = await Promise.race(waiting);
    live.clock.advance(500);
    for (const each of [first, second, ...(await Promise.all(waiting))]) each.webSocket.close();
    expect(await live.metrics.render()).toContain('tillstream_realtime_refusals_total{what="handshake"} 1\n');
  } finally {
    await live.close();
  }
});

test('whom the door turned away comes back by itself, again and again, and is let in when there is room', async () => {
  vi.useRealTimers();
  const limits = { acceptsPerSecondMax: 1, acceptWaitMs: 1_000, idleMs: Number.POSITIVE_INFINITY };
  const live: LiveGateway = await openLiveGateway(limits);
  try {
    const { key } = await makeKey(live, await foundBrand(live.database));
    const url = `ws://127.0.0.1:${live.port}/websocket?apikey=${key}&vsn=2.0.0`;
    const [inside, waiting] = [await connectRaw(url), connectRaw(url)];
    await vi.waitFor(async () => expect(await live.metrics.render()).toMatch(/sockets_waiting 1$/m));
    const reconnectAfterMs = (tries: number) => reconnectDelayMs(tries);
    const listener = listen({ url: live.url, apiKey: key, vsn: '2.0.0', topic: 'x', realtime: { reconnectAfterMs } });
    const refusals = /refusals_total\{what="handshake"\} [2-9]$/m;
    await vi.waitFor(async () => expect(await live.metrics.render()).toMatch(refusals), { timeout: 30_000 });
    await vi.waitFor(
      () => {
        live.clock.advance(1_000);
        expect(listener.statuses).toContain('SUBSCRIBED');
      },
      { timeout: 30_000, interval: 100 },
    );
    await listener.close();
    for (const each of [inside, await waiting]) each.webSocket.close();
  } finally {
    await live.close();
  }
});

/** The answer to an upgrade that is refused. */
function knock(port: number): Promise<{ status: number | undefined; retryAfter: unknown; body: unknown }> {
  const headers = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/websocket?apikey=x', headers }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) =>
        resolve({
          status: response.statusCode,
          retryAfter: response.headers['retry-after'],
          body: JSON.parse(text),
        }),
      );
    });
    sent.on('upgrade', () => reject(new Error('it was let in')));
    sent.on('error', reject);
    sent.end();
  });
}
