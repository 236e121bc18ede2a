// What a screen shows of the live connection: its state, and how long ago the server last gave a sign of life.
import { type ConnectionState, type Happening, nextConnectionState } from './connection-state.ts';

/** A picture of the connection. A new object whenever something changed, so it can be compared by identity. */
export type ConnectionStatus = {
  readonly state: ConnectionState;
  /** When the last event, heartbeat answer or join answer came; undefined before the first. */
  readonly lastSignOfLifeAt: Date | undefined;
  /** Why the connection is not live, in the server's words where it gave any. */
  readonly reason: string | undefined;
};

/** Observable state of the connection. It has no timers: the age is computed when it is asked for. */
export class Connection {
  readonly #listeners = new Set<() => void>();
  readonly #now: () => number;
  #status: ConnectionStatus = { state: 'offline', lastSignOfLifeAt: undefined, reason: undefined };

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The present status. The same object until something changes, as React's useSyncExternalStore wants it. */
  get status(): ConnectionStatus {
    return this.#status;
  }

  /** Milliseconds since the last sign of life, or undefined before the first. Never negative. */
  ageMs(): number | undefined {
    const last = this.#status.lastSignOfLifeAt;
    return last === undefined ? undefined : Math.max(0, this.#now() - last.getTime());
  }

  /** Calls `listener` after each change; returns the function that stops it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** For the service alone: notes what happened, with the reason if there is one. */
  happened(happening: Happening, reason?: string): void {
    const state = nextConnectionState(this.#status.state, happening);
    const kept = state === 'live' ? undefined : (reason ?? this.#status.reason);
    if (state === this.#status.state && kept === this.#status.reason) return;
    this.#set({ ...this.#status, state, reason: kept });
  }

  /** For the service alone: the server was heard. */
  signOfLife(): void {
    this.#set({ ...this.#status, lastSignOfLifeAt: new Date(this.#now()) });
  }

  #set(status: ConnectionStatus): void {
    this.#status = status;
    for (const listener of [...this.#listeners]) listener();
  }
}
