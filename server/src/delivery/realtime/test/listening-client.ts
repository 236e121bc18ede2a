// The unmodified supabase-js client, with everything that it tells its user written down.
import { createClient, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js';
import { createSignal, type Signal } from '../../../../test/flow/signal.ts';

export type Vsn = '1.0.0' | '2.0.0';
export const versions: readonly Vsn[] = ['1.0.0', '2.0.0'];

export interface Wish {
  readonly event?: '*' | 'INSERT' | 'UPDATE' | 'DELETE';
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

export interface Listener {
  readonly client: SupabaseClient;
  readonly channel: RealtimeChannel;
  readonly signal: Signal;
  /** Status and, where there is one, the error's message: `SUBSCRIBED`, `CHANNEL_ERROR: …`. */
  readonly statuses: string[];
  /** What each wish heard, by its place in the list. */
  readonly heard: HeardChange[][];
  readonly system: { status: string; message: string; extension: string }[];
  readonly broadcasts: unknown[];
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
  /** Subscribes without waiting for the token, as most applications do. */
  readonly isHasty?: boolean;
}

export function listen(options: ListenOptions): Listener {
  const { url, apiKey, vsn, topic, wishes = [], token, isHasty = false } = options;
  const client = createClient(url, apiKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { vsn },
    ...(token && { accessToken: async () => token() }),
  });
  const channel = client.channel(topic);
  const signal = createSignal();
  const statuses: string[] = [];
  const heard: HeardChange[][] = wishes.map(() => []);
  const system: Listener['system'] = [];
  const broadcasts: Listener['broadcasts'] = [];
  wishes.forEach(({ event = '*', ...wish }, at) => {
    channel.on('postgres_changes', { event: event as '*', schema: 'public', ...wish }, (change) => {
      heard[at]?.push(change);
      signal.ring();
    });
  });
  channel.on('system', {}, (notice: Listener['system'][number]) => {
    system.push(notice);
    signal.ring();
  });
  channel.on('broadcast', { event: 'notification' }, (message) => {
    broadcasts.push(message);
    signal.ring();
  });
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
