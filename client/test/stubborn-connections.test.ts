// What must not keep a screen waiting for ever: a handshake that is never answered, a token that does not come, a place
// that is joined while the socket of the last one closes.
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { TestApp } from '../../server/test/harness/test-app.ts';
import { createTillstream, type Tillstream } from '../src/index.ts';
import { HeardEvents } from './heard-events.ts';
import { type Shop, sell, startWithShop } from './open-shop.ts';

let app: TestApp;
let owner: Tillstream;
let shop: Shop;
const stops: (() => Promise<unknown>)[] = [];
const patience = { timeout: 30_000 };

beforeAll(async () => {
  ({ app, owner, shop } = await startWithShop());
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(async () => {
  await owner?.realtime.unsubscribeAll();
  await app?.stop();
});

function connectTo(options: Partial<Parameters<typeof createTillstream>[0]> = {}): Tillstream {
  const tillstream = createTillstream({ url: app.url, apiKey: app.ownerKey, ...options });
  stops.push(() => tillstream.realtime.unsubscribeAll());
  return tillstream;
}

/** A way to the server that swallows the first handshakes: they are taken, and never answered. */
async function openSwallower(handshakes: number) {
  const { port, hostname } = new URL(app.url);
  const sockets = new Set<Socket>();
  let swallowed = 0;
  const server = createServer((inward) => {
    sockets.add(inward.on('error', () => undefined));
    inward.once('data', (head) => {
      if (swallowed < handshakes && /^upgrade: websocket/im.test(head.toString('latin1'))) {
        swallowed += 1;
        return;
      }
      const outward = connect(Number(port), hostname).on('error', () => undefined);
      sockets.add(outward);
      outward.write(head);
      inward.pipe(outward).pipe(inward);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the swallower has no port');
  return { url: `http://127.0.0.1:${address.port}`, swallowed: () => swallowed };
}

test('a handshake that is never answered is given up and tried again', { timeout: 60_000 }, async () => {
  const way = await openSwallower(2);
  const tillstream = connectTo({ url: way.url, timeoutMs: 1_000 });
  const heard = new HeardEvents();
  const feed = tillstream.openFeed({ scope: { locationId: shop.locationId } }, { onEvent: heard.hear });
  await vi.waitFor(() => expect(feed.state).toBe('live'), patience);
  expect(way.swallowed()).toBe(2);
  await heard.of(await sell(owner, shop));
});

test('a token that does not come in time is asked for again', { timeout: 60_000 }, async () => {
  const token = app.ownerKey;
  let asked = 0;
  const accessToken = () => {
    asked += 1;
    return asked === 1 ? new Promise<string>(() => undefined) : Promise.resolve(token);
  };
  const tillstream = createTillstream({ url: app.url, accessToken, timeoutMs: 1_000, heartbeatMs: 1_000 });
  stops.push(() => tillstream.realtime.unsubscribeAll());
  const feed = tillstream.openFeed({ scope: { locationId: shop.locationId } }, { onEvent: () => undefined });
  await vi.waitFor(() => expect(feed.state).toBe('live'), patience);
  expect(asked).toBeGreaterThan(1);
});

test('a place that is joined while the socket of the last one closes is live soon', { timeout: 60_000 }, async () => {
  const sockets: WebSocket[] = [];
  class Noted extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      sockets.push(this);
    }
  }
  const tillstream = connectTo({ WebSocket: Noted });
  const scope = { locationId: shop.locationId };
  const first = tillstream.openFeed({ scope }, { onEvent: () => undefined });
  await vi.waitFor(() => expect(first.state).toBe('live'), patience);
  const closing = Promise.withResolvers<void>();
  const [socket] = sockets;
  if (socket === undefined) throw new Error('no socket was opened');
  const close = socket.close.bind(socket);
  socket.close = (...reason) => {
    close(...reason);
    closing.resolve();
  };
  await first.stop();
  await closing.promise;
  expect(socket.readyState).toBe(WebSocket.CLOSING);
  const second = tillstream.openFeed({ scope }, { onEvent: () => undefined });
  await vi.waitFor(() => expect(second.state).toBe('live'), patience);
});
