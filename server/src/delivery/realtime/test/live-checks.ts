// What every file of checks/ stands on, and those about one socket: one gateway with everything real around it, two brands, a key of the first, and
// clients that are gone after each test.
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { RealtimeLimits } from '../limits.ts';
import type { FeedTable } from '../matching/feed.ts';
import { type FrameProxy, openFrameProxy } from './frame-proxy.ts';
import { type Listener, type ListenOptions, listen, type Vsn } from './listening-client.ts';
import { type Ground, type LiveGateway, layGround, makeKey, openLiveGateway } from './live-gateway.ts';
import { connectRaw, type RawClient } from './raw-client.ts';

export interface Checks {
  live: LiveGateway;
  ground: Ground;
  brandKey: string;
}

export type Listening = Partial<ListenOptions> & { readonly topic: string; readonly vsn: Vsn };

export interface CheckOptions {
  readonly limits?: Partial<RealtimeLimits>;
  readonly tables?: readonly FeedTable[];
}

/** To be called at the top of a file; the members of what it returns are there once its tests run. */
export function useLiveGateway({ limits, tables }: CheckOptions = {}) {
  const checks = {} as Checks;
  const listeners: Listener[] = [];
  const proxies: FrameProxy[] = [];
  const rawClients: RawClient[] = [];

  beforeAll(async () => {
    // Clocks are moved in some tests, which is no reason to take the sockets for dead.
    const forEver = { idleMs: Number.POSITIVE_INFINITY, channellessMs: Number.POSITIVE_INFINITY };
    checks.live = await openLiveGateway({ ...forEver, ...limits }, tables);
    checks.ground = await layGround(checks.live);
    checks.brandKey = (await makeKey(checks.live, checks.ground.brand)).key;
  });
  afterEach(async () => {
    const raw = rawClients.splice(0);
    for (const { webSocket } of raw) webSocket.close();
    await Promise.all(raw.map(({ closed }) => closed));
    await Promise.all(listeners.splice(0).map((listener) => listener.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    // Nothing may be left behind, whatever the test did to its clients.
    await expect.poll(() => checks.live.gateway.statistics).toMatchObject({ sockets: 0, channels: 0 });
    expect(checks.live.failures).toEqual([]);
  });
  afterAll(() => checks.live.close());

  /** Subscribes; with the key of the brand unless told otherwise. */
  function subscribe(options: Listening): Listener {
    const listener = listen({ url: checks.live.url, apiKey: checks.brandKey, ...options });
    listeners.push(listener);
    return listener;
  }

  return {
    checks,
    listen: subscribe,
    async join(options: Listening): Promise<Listener> {
      const listener = subscribe(options);
      await listener.status('SUBSCRIBED');
      return listener;
    },
    /** A bare socket of serializer 2.0.0, with the key of the brand unless told otherwise. */
    async raw(apiKey = checks.brandKey): Promise<RawClient> {
      const client = await connectRaw(`ws://127.0.0.1:${checks.live.port}/websocket?vsn=2.0.0&apikey=${apiKey}`);
      rawClients.push(client);
      return client;
    },
    async proxy(): Promise<FrameProxy> {
      const proxy = await openFrameProxy(checks.live.url);
      proxies.push(proxy);
      return proxy;
    },
  };
}
