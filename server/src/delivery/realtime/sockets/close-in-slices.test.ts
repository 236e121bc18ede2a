import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type LiveGateway, layGround, makeKey, openLiveGateway } from '../test/live-gateway.ts';

const sockets = 40;
const drainEachMs = 20;

let live: LiveGateway;
beforeAll(async () => {
  live = await openLiveGateway({ drainEachMs });
});
afterAll(() => live.close());

test('a node that stops lets its sockets go a few at a time, each with 1012, and within its bound', async () => {
  const { brand } = await layGround(live);
  const { key } = await makeKey(live, brand);
  const clients = await Promise.all(
    Array.from({ length: sockets }, async () => {
      const url = `${live.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${key}&vsn=2.0.0`;
      const client = new WebSocket(url);
      await once(client, 'open');
      return client;
    }),
  );
  const closings = clients.map(async (client) => {
    const [code] = await once(client, 'close');
    return { code, atMs: performance.now() };
  });
  const begunMs = performance.now();
  await live.gateway.stop();
  const closed = await Promise.all(closings);
  expect(new Set(closed.map(({ code }) => code))).toEqual(new Set([1012]));
  const times = closed.map(({ atMs }) => atMs - begunMs);
  // Forty at 20 ms each are 800 ms in slices of 50 ms; half of that leaves room for a machine that is busy.
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan((sockets * drainEachMs) / 2);
  expect(new Set(times.map((ms) => Math.round(ms / 50))).size).toBeGreaterThan(4);
});
