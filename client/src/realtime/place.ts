// One watched place (a franchise, a location): many listeners on one feed, each event handed to each of them once.
import { describeScope, type FeedScope } from './feed-channel.ts';
import type { FeedState } from './feed-state.ts';
import { type FeedMeans, LiveFeed } from './live-feed.ts';
import type { SyncEvent } from './sync-event.ts';

/** Called with each event of the place, once, in the order in which the server committed them per entity. */
export type EventListener = (event: SyncEvent) => void;

/** `again` is false when the listener is told for the first time, and true after every later join. */
export type LiveListener = (joined: { again: boolean }) => void;

/** Who listens: one per call of subscribeTo…, so that the same function may be subscribed twice and left once. */
export type Listener = {
  onEvent: EventListener;
  onLive: LiveListener | undefined;
  onResync: (() => void) | undefined;
};

export class Place {
  readonly name: string;
  readonly listeners = new Set<Listener>();
  readonly feed: LiveFeed;
  readonly #told = new WeakSet<Listener>();

  constructor(scope: FeedScope, means: FeedMeans, onState: (state: FeedState, reason: string | undefined) => void) {
    this.name = describeScope(scope).name;
    const each = (tell: (listener: Listener) => void) => {
      for (const listener of [...this.listeners]) callListener(() => tell(listener));
    };
    this.feed = new LiveFeed(
      { scope },
      {
        onEvent: (event) => each(({ onEvent }) => onEvent(event)),
        onLive: () => each((listener) => this.tellLive(listener)),
        onResync: () => each(({ onResync }) => onResync?.()),
        onState,
      },
      means,
    );
  }

  /** Who comes while the place is broken is told for the first time as well, and has its snapshot still to read. */
  tellLive(listener: Listener): void {
    const again = this.#told.has(listener);
    this.#told.add(listener);
    listener.onLive?.({ again });
  }

  /** Leaves. Nothing is delivered afterwards, not even what is already on its way. */
  async leave(): Promise<void> {
    this.listeners.clear();
    await this.feed.stop();
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
