// The seed's RealtimeService: live events of a franchise or a location, over the Supabase Realtime protocol.
import type { RealtimeClient } from '@supabase/realtime-js';
import type { TillstreamOptions } from '../options.ts';
import { Connection } from './connection.ts';
import { watchNetwork } from './network.ts';
import { type EventListener, type Listener, type LiveListener, Place } from './place.ts';
import { createSocket } from './socket.ts';

/** What a subscription may ask for besides its events. */
export type SubscribeOptions = {
  /**
   * Called each time the place begins to deliver: `{ again: false }` after the first join, `{ again: true }` after
   * every later one. Events of a break are not delivered afterwards: read the present state over HTTP when this is
   * called, and events that arrive from then on complete it without a hole.
   */
  onLive?: LiveListener;
};

/** One call's subscription. Leaving twice does nothing. */
export type Subscription = { unsubscribe(): void };

/**
 * Live events. Places share one socket; a place subscribed twice shares one channel, its events go to both callbacks,
 * and the channel is left when the last of them unsubscribes. An event reaches a callback once, even if the server
 * sends it again around a reconnect.
 *
 * @example
 * const realtime = new RealtimeService({ url: 'http://127.0.0.1:8787', apiKey });
 * realtime.subscribeToLocation(locationId, (event) => console.log(event.eventType, event.changeData));
 */
export class RealtimeService {
  /** State of the connection and age of its last sign of life, for screens. */
  readonly connection = new Connection();
  readonly #options: TillstreamOptions;
  readonly #places = new Map<string, Place>();
  #socket: Promise<RealtimeClient> | undefined;
  #stopNetwork: (() => void) | undefined;

  constructor(options: TillstreamOptions) {
    this.#options = options;
  }

  /** Every event of a franchise, its shops' included. Needs a role or key that may see the whole franchise. */
  subscribeToFranchise(franchiseId: string, callback: EventListener, options: SubscribeOptions = {}): Subscription {
    const watched = { name: `franchise:${franchiseId}`, filter: `franchise_id=eq.${franchiseId}` };
    return this.#subscribe(watched, { onEvent: callback, onLive: options.onLive });
  }

  /** Every event of one shop. */
  subscribeToLocation(locationId: string, callback: EventListener, options: SubscribeOptions = {}): Subscription {
    const watched = { name: `location:${locationId}`, filter: `location_id=eq.${locationId}` };
    return this.#subscribe(watched, { onEvent: callback, onLive: options.onLive });
  }

  /** Leaves every place and closes the socket; resolves when it is closed. The service can be used again afterwards. */
  async unsubscribeAll(): Promise<void> {
    const places = [...this.#places.values()];
    const socket = this.#socket;
    this.#places.clear();
    this.#socket = undefined;
    this.#restIfEmpty();
    for (const place of places) await place.leave();
    const opened = await socket?.catch(() => undefined);
    await opened?.disconnect();
  }

  #subscribe(watched: { name: string; filter: string }, listener: Listener): Subscription {
    const known = this.#places.get(watched.name);
    const place = known ?? this.#open(watched);
    place.listeners.add(listener);
    // The newcomer on a place that already delivers would otherwise never be told to read its snapshot.
    if (known?.isJoined) queueMicrotask(() => place.listeners.has(listener) && listener.onLive?.({ again: false }));
    return {
      unsubscribe: () => {
        place.listeners.delete(listener);
        if (place.listeners.size === 0 && this.#places.get(place.name) === place) this.#close(place);
      },
    };
  }

  #open(watched: { name: string; filter: string }): Place {
    const place = new Place(watched, {
      joined: () => this.#heard(),
      lost: (reason) => this.connection.happened('lost', reason),
      closed: (reason) => {
        this.#places.delete(watched.name);
        this.connection.happened('refused', reason ?? 'The server ended the subscription.');
      },
      heard: () => this.#heard(),
    });
    this.#places.set(watched.name, place);
    this.#stopNetwork ??= watchNetwork((happening) => this.connection.happened(happening));
    this.connection.happened('wanted');
    void this.#join(place);
    return place;
  }

  async #join(place: Place): Promise<void> {
    this.#socket ??= createSocket(this.#options, (heartbeat) => this.#onHeartbeat(heartbeat));
    try {
      place.join(await this.#socket);
    } catch (error) {
      // No token, or no WebSocket on this platform: the next subscription begins anew.
      this.#socket = undefined;
      this.#places.delete(place.name);
      this.connection.happened('refused', error instanceof Error ? error.message : String(error));
    }
  }

  #close(place: Place): void {
    this.#places.delete(place.name);
    void place.leave();
    this.#restIfEmpty();
  }

  #restIfEmpty(): void {
    if (this.#places.size > 0) return;
    this.#stopNetwork?.();
    this.#stopNetwork = undefined;
    this.connection.happened('unwanted');
  }

  #onHeartbeat(status: string): void {
    if (status === 'ok') this.#heard();
    else if (status === 'timeout' || status === 'disconnected') this.connection.happened('lost');
  }

  // Being heard outranks what the device says of its network: a server on the same machine needs none.
  #heard(): void {
    this.connection.signOfLife();
    const places = [...this.#places.values()];
    if (places.length > 0 && places.every((place) => place.isJoined)) this.connection.happened('joined');
  }
}
