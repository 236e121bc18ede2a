// Somebody in a room of one node, with the real client: what they hear, and whom they are shown.
import { createClient, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js';
import { createSignal, type Signal } from '../flow/signal.ts';

export interface RoomGuest {
  readonly name: string;
  readonly channel: RealtimeChannel;
  readonly heard: readonly unknown[];
  readonly signal: Signal;
  /** Of its channel, in their order: SUBSCRIBED, CHANNEL_ERROR and so on. */
  readonly statuses: readonly string[];
  /** Names of those who are shown as present, sorted. */
  present(): string[];
  /** Resolves when exactly these are shown. */
  sees(...names: string[]): Promise<void>;
  say(word: string): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface GuestOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly topic: string;
  readonly name: string;
  /** Whether it shows itself, also after each return. */
  readonly shows?: boolean;
}

const withinMs = 60_000;

/** Resolves when it is in the room. */
export async function enterRoom({ url, apiKey, topic, name, shows = true }: GuestOptions): Promise<RoomGuest> {
  const client: SupabaseClient = createClient(url, apiKey, { auth: { persistSession: false } });
  const signal = createSignal();
  const heard: unknown[] = [];
  const statuses: string[] = [];
  const channel = client
    .channel(topic, { config: { presence: { key: name }, broadcast: { ack: true } } })
    .on('broadcast', { event: 'word' }, ({ payload }) => {
      heard.push(payload['word']);
      signal.ring();
    })
    .on('presence', { event: 'sync' }, () => signal.ring());
  const present = () => Object.keys(channel.presenceState()).sort();
  channel.subscribe((status) => {
    statuses.push(status);
    signal.ring();
    if (shows && status === 'SUBSCRIBED') void channel.track({ name });
  });
  await signal.until(`${name} to be in the room`, () => statuses.includes('SUBSCRIBED'), withinMs);
  return {
    name,
    channel,
    heard,
    signal,
    statuses,
    present,
    sees: (...names) =>
      signal
        .until('the others', () => present().join() === [...names].sort().join(), withinMs)
        .catch((error: unknown) => {
          throw new Error(`${name} sees ${present().join()}, not ${names.join()}`, { cause: error });
        }),
    say: (word) => channel.send({ type: 'broadcast', event: 'word', payload: { word } }),
    close: () => client.removeAllChannels(),
  };
}
