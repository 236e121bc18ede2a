// One place (a franchise, a franchisee, a location) on one channel of the socket: what realtime-js reports, in the words
// of a feed.
import type { RealtimeChannel, RealtimeClient } from '@supabase/realtime-js';
import { parseSyncEvent, type SyncEvent } from './sync-event.ts';

/** Whose events: exactly one of the three. */
export type FeedScope = { franchiseId: string } | { franchiseeId: string } | { locationId: string };

/** What a channel tells its feed. */
export type ChannelReports = {
  joined(): void;
  /** Everything up to this cursor has come over this channel, or lies before its join. */
  told(cursor: string): void;
  event(event: SyncEvent): void;
  gap(): void;
  lost(reason: string | undefined): void;
  refused(reason: string | undefined): void;
};

/** The scope's id, as `/v1/events?scope=` takes it, its channel's name, and the filter of its rows. */
export function describeScope(scope: FeedScope): { id: string; name: string; filter: string } {
  if ('locationId' in scope) return named('location', scope.locationId);
  return 'franchiseeId' in scope ? named('franchisee', scope.franchiseeId) : named('franchise', scope.franchiseId);
}

function named(kind: string, id: string) {
  return { id, name: `${kind}:${id}`, filter: `${kind}_id=eq.${id}` };
}

export class FeedChannel {
  readonly #reports: ChannelReports;
  #socket: RealtimeClient | undefined;
  #channel: RealtimeChannel | undefined;
  #isLeft = false;
  #reason: string | undefined;

  constructor(reports: ChannelReports) {
    this.#reports = reports;
  }

  /** Joins over a socket that already has its token: a join without one would be judged by the key alone. */
  join(socket: RealtimeClient, { name, filter }: { name: string; filter: string }): void {
    if (this.#isLeft) return;
    this.#socket = socket;
    const changes = { event: 'INSERT', schema: 'public', table: 'sync_events', filter } as const;
    this.#channel = socket
      .channel(name)
      .on<Record<string, unknown>>('postgres_changes', changes, (change) => this.#onRow(change.new))
      .on('system', {}, (message: SystemMessage) => this.#onSystem(message));
    this.#channel.subscribe((status, error) => this.#onStatus(status, error));
  }

  /** Leaves. Nothing is reported afterwards, not even what is already on its way. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    if (this.#channel !== undefined) await this.#socket?.removeChannel(this.#channel);
  }

  #onRow(row: Record<string, unknown>): void {
    const event = this.#isLeft ? undefined : parseSyncEvent(row);
    if (event !== undefined) this.#reports.event(event);
  }

  #onStatus(status: string, error: Error | undefined): void {
    if (this.#isLeft) return;
    const reason = error?.message ?? this.#reason;
    if (status === 'SUBSCRIBED') {
      this.#reason = undefined;
      this.#reports.joined();
    } else if (status === 'CLOSED') {
      // After it realtime-js never joins again; after the others it does, by itself.
      this.#reports.refused(reason);
    } else {
      this.#reports.lost(reason ?? (status === 'TIMED_OUT' ? 'The server did not answer in time.' : undefined));
    }
  }

  #onSystem({ extension, status, message, cursor }: SystemMessage): void {
    if (this.#isLeft) return;
    if (extension === 'cursor') {
      if (typeof cursor === 'string') this.#reports.told(cursor);
    } else if (typeof message === 'string' && status === 'error') {
      if (message.startsWith('resync')) this.#reports.gap();
      else this.#reason = message;
    }
  }
}

type SystemMessage = { extension?: unknown; status?: unknown; message?: unknown; cursor?: unknown };
