// The newest events of this node, in memory: when thousands of screens come back at once, what each of them missed is
// read from here and costs the database nothing. Reads exactly as read-log.ts does; what it does not hold, or cannot
// vouch for, it leaves to the log.
import { endOf, isReached, type Page, type PageOptions, pageOf } from './page.ts';
import type { Position } from './position.ts';
import { parseSnapshot, type Snapshot } from './snapshot.ts';
import { contains, isVisible } from './snapshot-order.ts';
import type { StoredEvent } from './stored-event.ts';

export interface RecentLimits {
  /** How long events are kept, in ms. */
  readonly keepMs: number;
  /** Most events that are kept, a good kilobyte each: a rush shortens the time instead of filling the memory. */
  readonly eventsMax: number;
}

/** What became visible between the run before and `to`. */
interface Run {
  readonly to: Snapshot;
  readonly atMs: number;
  readonly events: readonly StoredEvent[];
}

interface Extension {
  readonly from: Position;
  readonly beginning: Position;
  readonly nowMs: number;
}

export interface RecentOptions extends PageOptions {
  /** Whether the reader may see the event: what row security decides in the database. */
  readonly sees: (event: StoredEvent) => boolean;
}

const limitsDefault: RecentLimits = { keepMs: 300_000, eventsMax: 50_000 };

export class RecentEvents {
  readonly #limits: RecentLimits;
  #runs: Run[] = [];
  /** A reader that has not seen all of this would be given a log with a hole in it. */
  #floor: Snapshot | null = null;
  #newest: Position | null = null;
  /** The position of the floor, until something has been dropped: so far back the log can be added. */
  #beginning: Position | null = null;
  #events = 0;

  constructor(limits: Partial<RecentLimits> = {}) {
    this.#limits = { ...limitsDefault, ...limits };
  }

  /** Forgets everything and begins at this position; null: it holds nothing until it is told where to begin. */
  restart(position: Position | null): void {
    this.#runs = [];
    this.#events = 0;
    this.#newest = position;
    this.#beginning = position;
    this.#floor = position && parseSnapshot(position.from);
  }

  /** Where it begins, for a reader who stands before that; null where it holds what the reader needs, or never will. */
  beginningAfter(position: Position): Position | null {
    const beginning = this.#beginning;
    if (beginning === null || this.#floor === null) return null;
    if (position.epoch !== beginning.epoch || position.to !== null) return null;
    return contains(parseSnapshot(position.from), this.#floor) ? null : beginning;
  }

  /** Adds all that lies between `from` and where it begins, which is `beginning` unless that has changed meanwhile. */
  extend(events: readonly StoredEvent[], { from, beginning, nowMs }: Extension): void {
    if (this.#beginning !== beginning || this.#floor === null) return;
    if (this.#events + events.length > this.#limits.eventsMax) return;
    const [oldest] = this.#runs;
    if (events.length > 0) this.#runs.unshift({ to: this.#floor, atMs: oldest?.atMs ?? nowMs, events });
    this.#events += events.length;
    this.#beginning = from;
    this.#floor = parseSnapshot(from.from);
  }

  /** Adds what lies between the position before and `to`; `nowMs` is monotonic. */
  keep(events: readonly StoredEvent[], to: Position, nowMs: number): void {
    this.#newest = to;
    if (events.length > 0) this.#runs.push({ to: parseSnapshot(to.from), atMs: nowMs, events });
    this.#events += events.length;
    let gone = 0;
    for (const run of this.#runs) {
      if (this.#events <= this.#limits.eventsMax && nowMs - run.atMs <= this.#limits.keepMs) break;
      this.#events -= run.events.length;
      this.#floor = run.to;
      this.#beginning = null;
      gone++;
    }
    if (gone > 0) this.#runs = this.#runs.slice(gone);
  }

  /** One page, as `readPage` would answer it; null where it has to be read from the log. */
  read(position: Position, { limit, scope, until, sees }: RecentOptions): Page | null {
    const newest = this.#newest;
    if (newest === null || this.#floor === null || position.epoch !== newest.epoch) return null;
    if (until !== undefined && until.epoch !== newest.epoch) return null;
    const to = position.to ?? endOf(until) ?? { snapshot: newest.from, at: newest.pending.at };
    const [from, end, known] = [position.from, to.snapshot, newest.from].map(parseSnapshot) as [
      Snapshot,
      Snapshot,
      Snapshot,
    ];
    if (!contains(from, this.#floor) || !contains(known, end)) return null;
    if (isReached(position, until ?? newest)) return { events: [], position, caughtUp: true };
    const found = this.#since(from).filter(
      (event) =>
        event.seq > position.afterSeq &&
        isOwnedBy(event, scope) &&
        !isVisible(event.xid, from) &&
        isVisible(event.xid, end) &&
        sees(event),
    );
    const events = found.sort((a, b) => a.seq - b.seq).slice(0, limit);
    return pageOf(events, position, { to, limit, ...(until && { until }) });
  }

  /** Runs in the order of their snapshots, of which those that the reader has seen whole come first. */
  #since(from: Snapshot): StoredEvent[] {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const run = this.#runs[middle];
      if (run !== undefined && contains(from, run.to)) low = middle + 1;
      else high = middle;
    }
    return this.#runs.slice(low).flatMap((run) => [...run.events]);
  }
}

function isOwnedBy({ scope_id, franchisee_id, franchise_id }: StoredEvent, scope: string | undefined): boolean {
  return scope === undefined || scope === scope_id || scope === franchisee_id || scope === franchise_id;
}
