// A follower derives lasting rows from the log (notifications, later webhooks and orders). Its position is a row that
// moves, by compare and swap, in the transaction that writes what it derives: a kill between any two statements loses
// and doubles nothing, and of two nodes that run the same follower the slower one finds the position moved and writes
// nothing. That makes a lease with a fencing token unnecessary.
import { sql } from 'kysely';
import { type Actor, backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { createLoop, type Loop } from '../platform/loop.ts';
import type { EventType } from './catalogue.ts';
import type { Position } from './position.ts';
import { currentPosition, type FollowedPage, lastHandedOut, readFollowed } from './read-log.ts';
import type { StoredEvent } from './stored-event.ts';

export interface FollowerOptions {
  /** Names the row that keeps the position: never change it once released. */
  readonly name: string;
  readonly db: Database;
  /** Writes what follows from the events, through `tx` alone. A throw rolls the page back; it is read again. */
  readonly handle: (tx: Tx, events: readonly StoredEvent[]) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Events of other kinds are passed over, unread; all are handled where none is named. */
  readonly kinds?: readonly EventType[];
  /** Most events a transaction handles. */
  readonly pageSize?: number;
}

/**
 * Where it has passed over so few events, and for so short a time, that looking at them again costs less than moving on:
 * else a follower of rare events would write its position as often as others write events.
 */
const passedMax = 1_000;
const restMs = 1_000;

/** The follower as a part with start, stop and wake. A new one begins with what is committed after its first start. */
export function createFollower(options: FollowerOptions): Loop {
  const actor = backgroundActor(options.name);
  const state: State = { movedAtMs: systemClock.monotonicMs(), ahead: null };
  return createLoop({
    name: `follower ${options.name}`,
    intervalMs: 250,
    // It is woken by every commit. What it derives may come a moment later than the event itself, and a page of many
    // events costs hardly more than one of few: one look a commit took a fifth of PostgreSQL's time under single sales.
    spacingMs: 100,
    onError: options.onError,
    async work(signal) {
      while (!(await followPage(options, actor, state)) && !signal.aborted);
    },
  });
}

interface State {
  /** When the position moved last, monotonic. */
  movedAtMs: number;
  /** The page behind the one that was handled last, where more was known to be waiting. */
  ahead: Promise<Look> | null;
}

interface Look {
  readonly position: Position;
  readonly page: FollowedPage;
}

/** Handles one page; true when nothing more is known to be waiting. A look that finds nothing writes nothing. */
async function followPage(options: FollowerOptions, actor: Actor, state: State): Promise<boolean> {
  const { name, db, handle } = options;
  const { ahead } = state;
  state.ahead = null;
  const { position, page } = await (ahead ?? look(options, actor));
  // An empty page may still be the last one of a backlog, whose end is where the next look must begin.
  const isEmpty = page.events.length === 0 && page.caughtUp && position.to === null;
  const isRested = systemClock.monotonicMs() - state.movedAtMs > restMs;
  if (isEmpty && (page.looked === 0 || (page.looked < passedMax && !isRested))) return true;
  // The next page is read while this one is written: where it begins is known, and it is thrown away where this one fails.
  const next = page.caughtUp ? null : look(options, actor, page.position);
  next?.catch(() => undefined);
  const isOurs = await db.transaction(actor, async (tx) => {
    const moved = await sql`update follower_positions
      set position = ${JSON.stringify(page.position)}::jsonb, updated_at = now()
      where follower = ${name} and position = ${JSON.stringify(position)}::jsonb`.execute(tx);
    if (moved.numAffectedRows !== 1n) return false;
    if (page.events.length > 0) await handle(tx, page.events);
    return true;
  });
  state.movedAtMs = systemClock.monotonicMs();
  // Another node was faster: its position counts, and this page is read again from there.
  if (!isOurs) return false;
  state.ahead = next;
  // What came while it read its pages lies beyond their end.
  return page.caughtUp && position.to === null;
}

/** Reads a page from the position on; from the kept one where none is given. */
function look({ name, db, kinds, pageSize = 1_000 }: FollowerOptions, actor: Actor, from?: Position): Promise<Look> {
  return db.transaction(actor, async (tx) => {
    const position = from ?? (await readPosition(tx, name)) ?? (await beginToFollow(tx, name));
    return { position, page: await readFollowed(tx, position, { limit: pageSize, ...(kinds && { kinds }) }) };
  });
}

async function readPosition(tx: Tx, name: string): Promise<Position | null> {
  const { rows } = await sql<{ position: Position }>`
    select position from follower_positions where follower = ${name}`.execute(tx);
  return rows[0]?.position ?? null;
}

async function beginToFollow(tx: Tx, name: string): Promise<Position> {
  // In this order, and each with a snapshot of its own: the number is one of the past when the position is taken.
  const start = await currentPosition(tx, await lastHandedOut(tx));
  await sql`insert into follower_positions (follower, position) values (${name}, ${JSON.stringify(start)}::jsonb)
    on conflict do nothing`.execute(tx);
  return (await readPosition(tx, name)) ?? start;
}
