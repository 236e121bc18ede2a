// One watched place (a franchise, a location) on one channel: many listeners, one join, each event handed over once.
import type { RealtimeChannel, RealtimeClient } from '@supabase/realtime-js';
import { SeenIds } from './seen-ids.ts';
import { parseSyncEvent, type SyncEvent } from './sync-event.ts';

/** Called with each event of the place, once, in the order in which the server committed them per entity. */
export type EventListener = (event: SyncEvent) => void;

/** `again` is false after the first join and true after every later one. */
export type LiveListener = (joined: { again: boolean }) => void;

/** Who listens: one per call of subscribeTo…, so that the same function may be subscribed twice and left once. */
export type Listener = { onEvent: EventListener; onLive: LiveListener | undefined };

/** What the service wants to know of its places. */
export type PlaceReports = {
  joined(): void;
  lost(reason: string | undefined): void;
  closed(reason: string | undefined): void;
  heard(): void;
};

export class Place {
  readonly name: string;
  readonly listeners = new Set<Listener>();
  /** True while events flow. */
  isJoined = false;
  #socket: RealtimeClient | undefined;
  readonly #filter: string;
  readonly #reports: PlaceReports;
  readonly #seen = new SeenIds();
  #channel: RealtimeChannel | undefined;
  #joinedOnce = false;
  #left = false;
  #reason: string | undefined;

  /** `name` is the channel, such as `location:<id>`; `filter` says whose rows of `sync_events` it wants. */
  constructor(watched: { name: string; filter: string }, reports: PlaceReports) {
    this.name = watched.name;
    this.#filter = watched.filter;
    this.#reports = reports;
  }

  /** Joins over a socket that already has its token: a join without one would be judged by the key alone. */
  join(socket: RealtimeClient): void {
    if (this.#left) return;
    this.#socket = socket;
    const changes = { event: 'INSERT', schema: 'public', table: 'sync_events', filter: this.#filter } as const;
    this.#channel = socket
      .channel(this.name)
      .on<Record<string, unknown>>('postgres_changes', changes, (change) => this.#deliver(change.new))
      .on('system', {}, (message: { status?: unknown; message?: unknown }) => this.#onSystem(message));
    this.#channel.subscribe((status, error) => this.#onStatus(status, error));
  }

  /** Leaves. Nothing is delivered afterwards, not even what is already on its way. */
  async leave(): Promise<void> {
    this.#left = true;
    this.isJoined = false;
    this.listeners.clear();
    if (this.#channel !== undefined) await this.#socket?.removeChannel(this.#channel);
  }

  #deliver(row: Record<string, unknown>): void {
    if (this.#left) return;
    this.#reports.heard();
    const event = parseSyncEvent(row);
    if (event === undefined || !this.#seen.add(event.id)) return;
    for (const listener of [...this.listeners]) callListener(() => listener.onEvent(event));
  }

  #onStatus(status: string, error: Error | undefined): void {
    if (this.#left) return;
    if (status === 'SUBSCRIBED') {
      this.#goLive();
      return;
    }
    this.isJoined = false;
    const reason = error?.message ?? this.#reason;
    // After CLOSED realtime-js never joins again; after the others it does, by itself.
    if (status === 'CLOSED') this.#reports.closed(reason);
    else this.#reports.lost(reason ?? (status === 'TIMED_OUT' ? 'The server did not answer in time.' : undefined));
  }

  #goLive(): void {
    const again = this.#joinedOnce;
    this.#joinedOnce = true;
    this.isJoined = true;
    this.#reason = undefined;
    this.#reports.heard();
    this.#reports.joined();
    for (const listener of [...this.listeners]) callListener(() => listener.onLive?.({ again }));
  }

  // `resync` says that the server cannot fill the gap since the last connection: the same as a rejoin to a listener.
  #onSystem(message: { status?: unknown; message?: unknown }): void {
    if (this.#left) return;
    const text = typeof message.message === 'string' ? message.message : undefined;
    if (text?.startsWith('resync')) {
      for (const listener of [...this.listeners]) callListener(() => listener.onLive?.({ again: true }));
    } else if (message.status === 'error') this.#reason = text;
  }
}

// A listener that throws must not keep the next one, or the next event, from being delivered; nor may it be silent.
function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
