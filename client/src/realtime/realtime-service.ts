// The seed's RealtimeService: live events of a franchise or a location, over the Supabase Realtime protocol, without holes.
import type { RealtimeClient } from '@supabase/realtime-js';
import { createHttp } from '../http.ts';
import type { TillstreamOptions } from '../options.ts';
import { Connection } from './connection.ts';
import { describeScope, type FeedScope } from './feed-channel.ts';
import type { FeedState } from './feed-state.ts';
import { type FeedHandlers, type FeedMeans, LiveFeed } from './live-feed.ts';
import { watchNetwork } from './network.ts';
import { type EventListener, type Listener, type LiveListener, Place } from './place.ts';
import { createSocket, type Socket } from './socket.ts';

/** What a subscription may ask for besides its events. */
export type SubscribeOptions = {
  /**
   * Called each time that nothing is missing any more: `{ again: false }` after the first join, `{ again: true }` after
   * every later one, when the events of the break have been handed over. A snapshot read when this is called for the
   * first time is completed by the events that arrive from then on, without a hole.
   */
  onLive?: LiveListener;
  /** Called where the events of a break cannot be handed over any more: read what you show anew. `onLive` follows. */
  onResync?: () => void;
};

/** A socket without places is closed after this; it survives a screen that leaves one place and joins the next. */
const emptySocketMs = 1_000;

/** One call's subscription. Leaving twice does nothing. */
export type Subscription = { unsubscribe(): void };

/**
 * Live events. Places share one socket; a place subscribed twice shares one channel, its events go to both callbacks,
 * and the channel is left when the last of them unsubscribes. An event reaches a callback once, and none is missed over
 * breaks of the connection, restarts of the server or the loss of a node.
 *
 * @example
 * const realtime = new RealtimeService({ url: 'http://127.0.0.1:8787', apiKey });
 * realtime.subscribeToLocation(locationId, (event) => console.log(event.eventType, event.changeData));
 */
export class RealtimeService {
  /** State of the connection and age of its last sign of life, for screens. */
  readonly connection = new Connection();
  readonly #options: TillstreamOptions;
  readonly #means: FeedMeans;
  readonly #places = new Map<string, Place>();
  /** Every feed on the socket: those of the places, and those of their own. */
  readonly #feeds = new Set<LiveFeed>();
  #feedsMade = 0;
  #socket: Promise<Socket> | undefined;
  #closing: ReturnType<typeof setTimeout> | undefined;
  #stopNetwork: (() => void) | undefined;

  constructor(options: TillstreamOptions) {
    this.#options = options;
    this.#means = {
      http: createHttp(options),
      socket: () => this.#openSocket(),
      // Heartbeats alone would make a screen full of events look ten seconds old.
      heard: () => this.connection.signOfLife(),
    };
  }

  /** Every event of a franchise, its shops' included. Needs a role or key that may see the whole franchise. */
  subscribeToFranchise(franchiseId: string, callback: EventListener, options: SubscribeOptions = {}): Subscription {
    return this.#subscribe({ franchiseId }, callback, options);
  }

  /** Every event of one shop. */
  subscribeToLocation(locationId: string, callback: EventListener, options: SubscribeOptions = {}): Subscription {
    return this.#subscribe({ locationId }, callback, options);
  }

  /** Opens a feed of its own over the service's socket; `stop` of what is returned leaves it. */
  openFeed(wanted: { scope: FeedScope; after?: string | undefined }, handlers: FeedHandlers): LiveFeed {
    // A socket has a topic once, so a feed of its own has one below the place's.
    this.#feedsMade += 1;
    const channelName = `${describeScope(wanted.scope).name}:feed-${this.#feedsMade}`;
    const feed: LiveFeed = new LiveFeed(
      wanted,
      {
        ...handlers,
        onState: (state, reason) => {
          this.#onState(feed, state, reason);
          handlers.onState?.(state, reason);
        },
      },
      { ...this.#means, channelName },
    );
    this.#add(feed);
    return feed;
  }

  /**
   * How old the picture may be, in ms, by the feed that is furthest behind; undefined while one of them has never been
   * complete, or there is none.
   */
  dataAgeMs(): number | undefined {
    const ages = [...this.#feeds].map((feed) => feed.ageMs());
    return ages.reduce(
      (oldest, age) => (oldest === undefined || age === undefined ? undefined : Math.max(oldest, age)),
      ages[0],
    );
  }

  /**
   * Leaves every place and closes the socket; resolves when it is closed. The service can be used again afterwards.
   * realtime-js leaves a timer of ten seconds behind: a Node program that wants to end sooner calls `process.exit()`.
   */
  async unsubscribeAll(): Promise<void> {
    const leaving = [...this.#feeds];
    for (const place of this.#places.values()) place.listeners.clear();
    this.#places.clear();
    this.#feeds.clear();
    this.#restIfEmpty();
    const socket = this.#takeSocket();
    for (const feed of leaving) await feed.stop();
    await closeSocket(socket);
  }

  #subscribe(scope: FeedScope, onEvent: EventListener, { onLive, onResync }: SubscribeOptions): Subscription {
    const listener: Listener = { onEvent, onLive, onResync };
    const known = this.#places.get(describeScope(scope).name);
    const place = known ?? this.#open(scope);
    place.listeners.add(listener);
    // The newcomer on a place that already delivers would otherwise never be told to read its snapshot.
    if (known?.feed.state === 'live') {
      queueMicrotask(() => place.listeners.has(listener) && place.tellLive(listener));
    }
    return {
      unsubscribe: () => {
        place.listeners.delete(listener);
        if (place.listeners.size === 0 && this.#places.get(place.name) === place) this.#close(place);
      },
    };
  }

  #open(scope: FeedScope): Place {
    const place: Place = new Place(scope, this.#means, (state, reason) => this.#onState(place.feed, state, reason));
    this.#places.set(place.name, place);
    this.#add(place.feed);
    return place;
  }

  #add(feed: LiveFeed): void {
    this.#feeds.add(feed);
    this.#stopNetwork ??= watchNetwork((happening) => this.connection.happened(happening));
    this.connection.happened('wanted');
    clearTimeout(this.#closing);
    feed.start();
  }

  async #openSocket(): Promise<RealtimeClient> {
    this.#socket ??= createSocket(this.#options, (heartbeat) => this.#onHeartbeat(heartbeat));
    const opening = this.#socket;
    try {
      return (await opening).client;
    } catch (error) {
      // No token, or no WebSocket on this platform: the next subscription begins anew.
      if (this.#socket === opening) this.#socket = undefined;
      throw error;
    }
  }

  #close(place: Place): void {
    this.#places.delete(place.name);
    void place.leave();
  }

  #onState(feed: LiveFeed, state: FeedState, reason: string | undefined): void {
    if (!this.#feeds.has(feed)) return;
    if (state === 'idle' || state === 'refused') {
      this.#feeds.delete(feed);
      for (const [name, place] of this.#places) if (place.feed === feed) this.#places.delete(name);
      if (state === 'refused') this.connection.happened('refused', reason);
      this.#restIfEmpty(state);
    } else if (state === 'live') {
      this.#heard();
    } else if (state === 'broken' || reason !== undefined) {
      this.connection.happened('lost', reason);
    }
  }

  #restIfEmpty(state: 'idle' | 'refused' = 'idle'): void {
    if (this.#feeds.size > 0) return;
    this.#stopNetwork?.();
    this.#stopNetwork = undefined;
    if (state === 'idle') this.connection.happened('unwanted');
    clearTimeout(this.#closing);
    this.#closing = setTimeout(() => void closeSocket(this.#takeSocket()), emptySocketMs);
  }

  /** Whoever comes next gets a socket of its own, whatever becomes of this one. */
  #takeSocket(): Promise<Socket> | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#closing);
    return socket;
  }

  #onHeartbeat(status: string): void {
    if (status === 'ok') this.#heard();
    else if (status === 'timeout' || status === 'disconnected') this.connection.happened('lost');
  }

  // Being heard outranks what the device says of its network: a server on the same machine needs none.
  #heard(): void {
    this.connection.signOfLife();
    const feeds = [...this.#feeds];
    if (feeds.length > 0 && feeds.every((feed) => feed.state === 'live')) this.connection.happened('joined');
  }
}

async function closeSocket(socket: Promise<Socket> | undefined): Promise<void> {
  const opened = await socket?.catch(() => undefined);
  await opened?.close();
}
