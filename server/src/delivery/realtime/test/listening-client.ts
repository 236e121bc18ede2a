// The unmodified supabase-js client, with everything that it tells its user written down.
import {
  createClient,
  type RealtimeChannel,
  type RealtimeChannelOptions,
  type RealtimeClientOptions,
  type SupabaseClient,
} from '@supabase/supabase-js';
import { expect } from 'vitest';
import { createSignal, type Signal } from '../../../../test/flow/signal.ts';

export type Vsn = '1.0.0' | '2.0.0';
export const versions: readonly Vsn[] = ['1.0.0', '2.0.0'];

export interface Wish {
  readonly event?: '*' | 'INSERT' | 'UPDATE' | 'DELETE';
  readonly schema?: string;
  readonly table?: string;
  readonly filter?: string;
  readonly select?: string[];
}

export interface HeardChange {
  readonly table: string;
  readonly eventType: string;
  readonly commit_timestamp: string;
  readonly errors: unknown;
  readonly new: Record<string, unknown>;
  readonly old: Record<string, unknown>;
}

export interface HeardBroadcast {
  readonly event: string;
  readonly payload?: unknown;
  readonly meta?: { readonly id?: string; readonly replayed?: boolean };
  readonly [extra: string]: unknown;
}

export interface Listener {
  readonly client: SupabaseClient;
  readonly channel: RealtimeChannel;
  readonly signal: Signal;
  /** Status and, where there is one, the error's message: `SUBSCRIBED`, `CHANNEL_ERROR: …`. */
  readonly statuses: string[];
  /** What each wish heard, by its place in the list. */
  readonly heard: HeardChange[][];
  readonly system: { status: string; message: string; extension: string }[];
  readonly broadcasts: HeardBroadcast[];
  /** What presence told: `sync`, or `join` and `leave` with the key. */
  readonly presence: string[];
  /** Waits for the n-th status that begins so. */
  status(beginning: string, times?: number): Promise<void>;
  /** Waits until the wish has heard of this sale, and gives the numbers of all it heard. */
  sale(number: string, wish?: number): Promise<string[]>;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly vsn: Vsn;
  readonly topic: string;
  readonly wishes?: readonly Wish[];
  readonly token?: () => string;
  readonly config?: RealtimeChannelOptions['config'];
  /** The event to hear broadcasts of; all of them unless said. */
  readonly broadcastEvent?: string;
  readonly hasPresence?: boolean;
  readonly realtime?: RealtimeClientOptions;
  /** A client that is there already, with its socket. */
  readonly client?: SupabaseClient;
  /** Subscribes without waiting for the token, as most applications do. */
  readonly isHasty?: boolean;
}

export function makeClient({ url, apiKey, vsn, token, realtime }: ListenOptions): SupabaseClient {
  return createClient(url, apiKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { vsn, ...realtime },
    ...(token && { accessToken: async () => token() }),
  });
}

export function listen(options: ListenOptions): Listener {
  const { topic, wishes = [], token, isHasty = false } = options;
  const client = options.client ?? makeClient(options);
  const channel = client.channel(topic, options.config && { config: options.config });
  const signal = createSignal();
  const statuses: string[] = [];
  const heard: HeardChange[][] = wishes.map(() => []);
  const system: Listener['system'] = [];
  const broadcasts: HeardBroadcast[] = [];
  wishes.forEach(({ event = '*', ...wish }, at) => {
    // Typed for one kind of event each; at runtime any will do.
    channel.on('postgres_changes', { event: event as '*', schema: 'public', ...wish }, (change) => {
      heard[at]?.push(change);
      signal.ring();
    });
  });
  channel.on('system', {}, (notice: Listener['system'][number]) => {
    system.push(notice);
    signal.ring();
  });
  channel.on('broadcast', { event: options.broadcastEvent ?? '*' }, (message) => {
    broadcasts.push(message);
    signal.ring();
  });
  const presence: string[] = [];
  const note = (what: string) => {
    presence.push(what);
    signal.ring();
  };
  if (options.hasPresence === true) {
    channel
      .on('presence', { event: 'sync' }, () => note('sync'))
      .on('presence', { event: 'join' }, ({ key }) => note(`join ${key}`))
      .on('presence', { event: 'leave' }, ({ key }) => note(`leave ${key}`));
  }
  const subscribe = () =>
    channel.subscribe((status, error) => {
      statuses.push(error === undefined ? status : `${status}: ${error.message}`);
      signal.ring();
    });
  // Without this the client's first join carries no token, only its retries do.
  if (token && !isHasty) void client.realtime.setAuth().then(subscribe);
  else subscribe();
  const numbersOf = (wish: number) =>
    (heard[wish] ?? []).map((change) => String(change.new['external_transaction_id'] ?? change.new['event_type']));
  return {
    client,
    channel,
    signal,
    statuses,
    heard,
    system,
    broadcasts,
    presence,
    status: (beginning, times = 1) =>
      signal.until(
        `status ${beginning} for the ${times}. time`,
        () => statuses.filter((status) => status.startsWith(beginning)).length >= times,
      ),
    async sale(number, wish = 0) {
      await signal.until(`sale ${number}`, () => numbersOf(wish).includes(number));
      return numbersOf(wish);
    },
    async close() {
      await client.removeAllChannels();
      await client.realtime.disconnect();
    },
  };
}

/**
 * Moments in ms that lie apart as a client's own timers would have it. Timers are never early; how late they are is the
 * machine's affair, so the bound above only tells one step of the schedule from those that are twice as long.
 */
export function expectSteps(moments: readonly number[], stepsMs: readonly number[]): void {
  for (const [at, stepMs] of stepsMs.entries()) {
    const passedMs = (moments[at + 1] ?? Number.NaN) - (moments[at] ?? Number.NaN);
    expect(passedMs).toBeGreaterThan(stepMs - 20);
    expect(passedMs).toBeLessThan(stepMs * 2 + 1_000);
  }
}
