import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';

const asked: string[] = [];
const server = createServer((incoming, response) => {
  asked.push(incoming.url ?? '');
  const bytes = Number(/^\/bytes\/(\d+)/.exec(incoming.url ?? '')?.[1] ?? 0);
  incoming.resume();
  if (incoming.url !== '/hangs') incoming.on('end', () => response.end(bytes > 0 ? 'x'.repeat(bytes) : 'answered'));
});
let target: string;
let proxy: FaultProxy;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  asked.length = 0;
  proxy = await openFaultProxy(target);
  return () => proxy.close();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** On a connection of its own, so that no fault meets what an earlier request left open. */
async function get(path: string, signal?: AbortSignal): Promise<string> {
  const sent = request(proxy.url + path, { agent: false, ...(signal ? { signal } : {}) });
  sent.end();
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

test('what stands is reset when the wire is cut, and new connections go through', async () => {
  expect(await get('/first')).toBe('answered');
  const hanging = request(`${proxy.url}/hangs`, { agent: false });
  const failure = once(hanging, 'error');
  hanging.end();
  await once(server, 'request');
  expect(proxy.cut()).toBeGreaterThan(0);
  expect((await failure)[0]).toMatchObject({ code: 'ECONNRESET' });
  expect(await get('/second')).toBe('answered');
  expect(asked).toEqual(['/first', '/hangs', '/second']);
});

test('a sound wire carries much, whole, and to its end', async () => {
  expect(await get('/bytes/3000000')).toHaveLength(3_000_000);
});

test('latency delays both directions', async () => {
  proxy.spoil({ latencyMs: 60 });
  expect(await msOf(() => get('/slow'))).toBeGreaterThanOrEqual(119);
  proxy.heal();
  expect(await get('/fast')).toBe('answered');
});

test('a thin wire takes its time and loses nothing', async () => {
  proxy.spoil({ bytesPerSecond: 100_000 });
  let text = '';
  const ms = await msOf(async () => {
    text = await get('/bytes/30000');
  });
  expect(text).toHaveLength(30_000);
  expect(ms).toBeGreaterThanOrEqual(250);
});

test('deaf towards the client: the server does its work and nobody hears of it, until the wire is healed', async () => {
  proxy.spoil({ silent: ['to client'] });
  const answer = get('/unheard');
  await vi.waitFor(() => expect(asked).toEqual(['/unheard']));
  const gaveUp = new AbortController();
  const other = get('/given-up', gaveUp.signal);
  await vi.waitFor(() => expect(asked).toEqual(['/unheard', '/given-up']));
  gaveUp.abort();
  await expect(other).rejects.toThrow();
  proxy.heal();
  expect(await answer).toBe('answered');
});

test('deaf towards the server: it is asked nothing, until the wire is healed', async () => {
  proxy.spoil({ silent: ['to server'] });
  const answer = get('/held');
  // A request past the silence, to the server itself: when it has been answered, the other has not arrived.
  expect(await (await fetch(`${target}/past`)).text()).toBe('answered');
  expect(asked).toEqual(['/past']);
  proxy.heal();
  expect(await answer).toBe('answered');
  expect(asked).toEqual(['/past', '/held']);
});

test('a refusing wire resets whoever connects', async () => {
  proxy.spoil({ refusing: true });
  await expect(get('/refused')).rejects.toThrow(/ECONNRESET|socket hang up/);
  proxy.heal();
  expect(await get('/let-in')).toBe('answered');
  expect(asked).toEqual(['/let-in']);
});

test('whoever ends orderly is passed on, with what was still on its way', async () => {
  proxy.spoil({ latencyMs: 30 });
  const { port } = new URL(proxy.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  socket.end('GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  await once(socket, 'close');
  expect(text).toContain('answered');
});
