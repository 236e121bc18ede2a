// A feed without holes: it keeps the cursor of what it has handed over, and after every break reads what it missed before
// it goes on. While it does, what comes over the socket is held, so that the order is the log's; what both ways bring is
// known by its id. The states are feed-state.ts.
import type { RealtimeClient } from '@supabase/realtime-js';
import type { Http } from '../http.ts';
import { TillstreamError } from '../tillstream-error.ts';
import { describeScope, FeedChannel, type FeedScope } from './feed-channel.ts';
import { type FeedEvent, type FeedState, nextFeedState } from './feed-state.ts';
import { readMissed } from './read-missed.ts';
import { SeenIds } from './seen-ids.ts';
import { reconnectDelayMs } from './socket.ts';
import type { SyncEvent } from './sync-event.ts';

/** What a feed calls. None of them is called any more once `stop` was. */
export type FeedHandlers = {
  /** Each event once; those of one thing (a sale, an item) in the order in which they happened. */
  onEvent(event: SyncEvent): void;
  /** Nothing is missing any more: at first, and after each break, when what was missed has been handed over. */
  onLive?(joined: { again: boolean }): void;
  /**
   * The feed cannot be continued from where it was: the log was restored, or what was missed is not kept any more. What
   * is shown must be read anew; `takePicture`, if there is one, is called next.
   */
  onResync?(): void;
  /**
   * Reads what the program shows and resolves with the cursor at which it is true (`feedCursor` of a list). Called when
   * there is no cursor to go on from; without it the feed goes on from the moment of the join.
   */
  takePicture?(): Promise<string>;
  /** After each change of state, with the reason of a break where there is one. */
  onState?(state: FeedState, reason: string | undefined): void;
};

/** What a feed works with. */
export type FeedMeans = {
  http: Http;
  socket(): Promise<RealtimeClient>;
  /** A name for a second channel of the same place on the socket. */
  channelName?: string;
  /** Called whenever the feed is known to be complete: at each event and each cursor, while live. */
  heard?: () => void;
  now?: () => number;
};

type Held = { event: SyncEvent } | { cursor: string };

/** Held events beyond this are given up: they are read from the log with what else was missed. */
const heldMax = 20_000;

/** Ids remembered to know an event that comes twice: far more than come between two cursors, which is a second. */
const seenMax = 50_000;

export class LiveFeed {
  readonly scope: FeedScope;
  readonly #handlers: FeedHandlers;
  readonly #means: FeedMeans;
  readonly #channel: FeedChannel;
  readonly #seen = new SeenIds(seenMax);
  readonly #place: ReturnType<typeof describeScope>;
  #state: FeedState = 'idle';
  #cursor: string | undefined;
  /** Where the events begin that come over the present join. */
  #target: string | undefined;
  #held: Held[] = [];
  /** Counts joins: an answer to a question of an earlier one is thrown away. */
  #round = 0;
  #isAgain = false;
  /** A new picture was asked for and is not begun yet: the feed does not become live without it. */
  #isOutdated = false;
  #completeAt: number | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** `after` is a cursor from a list's `feedCursor`, or one that a feed had before; without it the feed begins now. */
  constructor(wanted: { scope: FeedScope; after?: string | undefined }, handlers: FeedHandlers, means: FeedMeans) {
    this.scope = wanted.scope;
    this.#cursor = wanted.after;
    this.#handlers = handlers;
    this.#means = means;
    this.#place = describeScope(wanted.scope);
    this.#channel = new FeedChannel({
      joined: () => this.#onJoined(),
      told: (cursor) => this.#onTold(cursor),
      event: (event) => this.#onEvent(event),
      gap: () => this.#beginRound('gap'),
      lost: (reason) => this.#beginRound('lost', reason),
      refused: (reason) => this.#beginRound('refused', reason ?? 'The server ended the subscription.'),
    });
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Everything up to here has been handed over. Keep it to go on from here in another life of the program. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /**
   * How old the picture may be, in ms: the time since it was last known to be complete. Undefined before it first was.
   * While live and connected it stays below about ten seconds, also where nothing happens.
   */
  ageMs(): number | undefined {
    return this.#completeAt === undefined ? undefined : Math.max(0, this.#now() - this.#completeAt);
  }

  /** Joins. Events, states and refusals come through the handlers. */
  start(): void {
    this.#become('start');
    this.#means.socket().then(
      (socket) => this.#channel.join(socket, { ...this.#place, name: this.#means.channelName ?? this.#place.name }),
      (error: unknown) => this.#beginRound('refused', messageOf(error)),
    );
  }

  /**
   * Asks for a new picture: `takePicture` is called, and the feed goes on from it. Asked while the feed is not live, it is
   * remembered and taken before it is live again.
   */
  retake(): void {
    if (this.#handlers.takePicture === undefined) return;
    this.#isOutdated = true;
    if (this.#state !== 'live') return;
    // Up to the last cursor everything was handed over; what came since is known to the new picture as well.
    const target = this.#cursor;
    this.#beginRound('outdated');
    this.#target = target;
    void this.#catchUp(this.#round);
  }

  /** Leaves; resolves when the server has been told. */
  async stop(): Promise<void> {
    this.#beginRound('stop');
    await this.#channel.leave();
  }

  #onJoined(): void {
    this.#beginRound('joined');
  }

  #onTold(cursor: string): void {
    if (this.#state === 'live') {
      this.#cursor = cursor;
      this.#isComplete();
    } else if (this.#state === 'joined') {
      this.#target = cursor;
      void this.#catchUp(this.#round);
    } else if (this.#state === 'filling' || this.#state === 'picturing') {
      if (this.#held.length > heldMax) {
        // Too much came meanwhile to be held: it is read from the log as well.
        this.#held = [];
        this.#target = cursor;
      } else {
        this.#held.push({ cursor });
      }
    }
  }

  #onEvent(event: SyncEvent): void {
    if (this.#state === 'live') this.#handOver(event);
    else if (this.#state !== 'idle' && this.#state !== 'refused') this.#held.push({ event });
  }

  /** Whatever was under way belongs to a join that is over. */
  #beginRound(event: 'joined' | 'outdated' | 'gap' | 'lost' | 'refused' | 'stop', reason?: string): void {
    this.#round += 1;
    this.#held = [];
    this.#target = undefined;
    clearTimeout(this.#retry);
    this.#become(event, reason);
  }

  /** From the join's cursor to live. A failure on the way is tried again, from where it came to. */
  async #catchUp(round: number, attempt = 1): Promise<void> {
    try {
      if (this.#state === 'joined') this.#become(this.#wantsPicture() ? 'picture-needed' : 'told');
      do {
        // Who was handed something may have stopped the feed.
        if (round !== this.#round) return;
        if (this.#state === 'filling' && this.#isOutdated) this.#become('outdated');
        if (this.#state === 'picturing' && !(await this.#picture(round))) return;
        if (!(await this.#fill(round))) return;
        // What was just handed over may have shown the program that its picture is old.
      } while (this.#isOutdated);
      this.#goLive();
    } catch (error) {
      if (round !== this.#round) return;
      if (error instanceof TillstreamError && error.status === 410) this.#resync();
      this.#handlers.onState?.(this.#state, messageOf(error));
      const isResync = this.#state === 'picturing';
      const waitMs = isResync && attempt === 1 ? 0 : reconnectDelayMs(attempt);
      this.#retry = setTimeout(() => void this.#catchUp(round, attempt + 1), waitMs);
    }
  }

  #wantsPicture(): boolean {
    if (this.#isOutdated) return true;
    if (this.#cursor !== undefined) return false;
    if (this.#handlers.takePicture !== undefined) return true;
    this.#cursor = this.#target;
    return false;
  }

  #resync(): void {
    this.#cursor = undefined;
    // Ids of a log that is gone may come again in the one that was put back.
    this.#seen.clear();
    this.#become('cut');
    call(() => this.#handlers.onResync?.());
  }

  async #picture(round: number): Promise<boolean> {
    // Whatever fails on the way, there is no going on from before. Asked for again meanwhile, one more is taken.
    this.#cursor = undefined;
    this.#isOutdated = false;
    const cursor = (await this.#handlers.takePicture?.()) ?? this.#target;
    if (round !== this.#round) return false;
    this.#cursor = cursor;
    this.#become('pictured');
    return true;
  }

  /** Hands over everything between the cursor and the join, or until a new picture is asked for. False where the join is over. */
  async #fill(round: number): Promise<boolean> {
    for (let isAll = false; !isAll; ) {
      if (this.#isOutdated) return true;
      const [after, until] = [this.#cursor, this.#target];
      if (after === undefined || until === undefined) return false;
      if (after === until) return true;
      const page = await readMissed(this.#means.http, { scopeId: this.#place.id, after, until });
      if (round !== this.#round) return false;
      for (const event of page.events) this.#handOver(event);
      this.#cursor = page.cursor;
      isAll = page.isAll && until === this.#target;
    }
    return this.#cursor === this.#target || this.#skipKnown(round);
  }

  /**
   * The join lies behind the cursor: a snapshot is newer than the node that was joined, for a moment. What lies between
   * is known already, and will come over the socket: it is noted as seen.
   */
  async #skipKnown(round: number): Promise<boolean> {
    const [until, begin] = [this.#cursor, this.#target];
    let after = begin;
    for (let isAll = false; !isAll && after !== undefined && until !== undefined; ) {
      const page = await readMissed(this.#means.http, { scopeId: this.#place.id, after, until });
      if (round !== this.#round) return false;
      for (const { id } of page.events) this.#seen.add(id);
      after = page.cursor;
      isAll = page.isAll;
    }
    return true;
  }

  #goLive(): void {
    const held = this.#held;
    this.#held = [];
    this.#become('filled');
    this.#completeAt = this.#now();
    for (const each of held) {
      // A listener may have stopped it.
      if (this.#state !== 'live') return;
      if ('event' in each) this.#handOver(each.event);
      else this.#cursor = each.cursor;
    }
    const again = this.#isAgain;
    this.#isAgain = true;
    call(() => this.#handlers.onLive?.({ again }));
  }

  #handOver(event: SyncEvent): void {
    if (!this.#seen.add(event.id)) return;
    if (this.#state === 'live') this.#isComplete();
    call(() => this.#handlers.onEvent(event));
  }

  #isComplete(): void {
    this.#completeAt = this.#now();
    this.#means.heard?.();
  }

  #become(event: FeedEvent, reason?: string): void {
    const before = this.#state;
    this.#state = nextFeedState(before, event);
    if (this.#state !== before || reason !== undefined) call(() => this.#handlers.onState?.(this.#state, reason));
  }

  #now(): number {
    return (this.#means.now ?? Date.now)();
  }
}

// A handler that throws must not keep the next event from being delivered; nor may it be silent.
function call(handler: () => void): void {
  try {
    handler();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
