// Where a reader of the log stands. A sequence number alone cannot say it: numbers are handed out before commit, so a
// later number may become visible first, and "greater than n" would lose the earlier one for ever.
import { z } from 'zod';
import { invalidCursorError } from './errors.ts';
import { isSnapshot, parseSnapshot } from './snapshot.ts';

/**
 * A reader has all events visible in snapshot `from`, and of those that became visible up to `to` the ones with
 * seq <= afterSeq. Between pages `to` stays; at the end of the last page `from` becomes `to`, and `to` null.
 */
export interface Position {
  /** The incarnation of the database in which the rest has a meaning. */
  readonly epoch: number;
  /** No event that is still to come was recorded before floor.at, nor has it a number up to floor.seq. */
  readonly floor: Floor;
  /** Becomes the floor as soon as every transaction with an id below `xmax` has ended: those that ran when it was noted. */
  readonly pending: Floor & { readonly xmax: string };
  readonly from: string;
  readonly to: PageEnd | null;
  readonly afterSeq: number;
}

/**
 * What bounds a read from below, so that partitions are pruned and a page starts near its first row. It holds because a
 * transaction takes its id, then its numbers and its clock: what began after a moment is later in both than what was seen
 * then.
 */
export interface Floor {
  /** RFC 3339, of the database's clock. */
  readonly at: string;
  readonly seq: number;
}

/** Where the pages end that a reader has begun. */
export interface PageEnd {
  readonly snapshot: string;
  readonly at: string;
  /** Nothing visible there has a higher number: the last page need not look at what came since. Unknown in old cursors. */
  readonly seq?: number;
  /**
   * Every transaction with this id or a higher one began after the snapshot was taken. Not the snapshot's own xmax, which is
   * one above the last transaction that has ended: what began before and has not ended may lie beyond it. Left out where
   * it is not known.
   */
  readonly next?: string;
}

const dayMs = 86_400_000;
/** An id that no transaction gets: what is noted with it stays a note. */
const neverHandedOut = '9223372036854775807';
const wireVersion = 1;
const seq = z.int().min(0);
const xid = z.string().regex(/^\d{1,18}$|^9223372036854775807$/);
const snapshot = z.string().max(20_000).refine(isSnapshot);
const instant = z.iso.datetime().refine((text) => text >= '1970');
const wire = z.tuple([
  z.literal(wireVersion),
  z.int().min(1),
  z.tuple([instant, seq]),
  z.tuple([xid, instant, seq]),
  snapshot,
  z.tuple([snapshot, instant, seq.optional(), xid.optional()]).nullable(),
  seq,
]);

/** How an epoch's log is bounded from below: where it begins, and how much of it retention has dropped. */
export interface EpochBounds {
  /** The epoch's first moment, RFC 3339. */
  readonly begunAt: string;
  /** Every event of the epoch has a higher number. */
  readonly begunAfterSeq: number;
  /** Highest transaction id whose events may have been dropped; '0': none was. */
  readonly droppedXid: string;
}

const unbounded: EpochBounds = { begunAt: '1970-01-01T00:00:00Z', begunAfterSeq: 0, droppedXid: '0' };

/**
 * The position of a reader that wants everything the log still has of the epoch. What was dropped counts as seen, and so
 * does the rest of the transactions up to it: the boundary is a snapshot, which makes all that follows exact.
 */
export function oldestPosition(epoch: number, bounds: EpochBounds = unbounded): Position {
  const floor = { at: bounds.begunAt, seq: bounds.begunAfterSeq };
  const xmax = String(BigInt(bounds.droppedXid) + 1n);
  const from = `${xmax}:${xmax}:`;
  return { epoch, floor, pending: { ...floor, xmax }, from, to: null, afterSeq: floor.seq };
}

/**
 * The position of a reader that starts now: it has everything visible in `snapshot`, and wants what comes after. `seq` is
 * a number that was handed out before the snapshot was taken; 0 where none is known.
 */
export function positionAt(epoch: number, { snapshot, at, seq = 0, next = neverHandedOut }: PageEnd): Position {
  // Nothing is known of the transactions that are open now, except that ours never live for a day.
  const past = { at: new Date(Date.parse(at) - dayMs).toISOString(), seq: 0 };
  return { epoch, floor: past, pending: { at, seq, xmax: next }, from: snapshot, to: null, afterSeq: 0 };
}

/** The position after the last page up to `to`, of which `seqMax` was the highest number seen (0: none). */
export function advance(position: Position, to: PageEnd, seqMax: number): Position {
  const { xmin } = parseSnapshot(to.snapshot);
  const settled = xmin >= BigInt(position.pending.xmax);
  const floor = settled ? { at: position.pending.at, seq: position.pending.seq } : position.floor;
  const noted = to.next && { at: to.at, seq: Math.max(seqMax, position.pending.seq), xmax: to.next };
  return {
    epoch: position.epoch,
    floor,
    pending: settled && noted ? noted : position.pending,
    from: to.snapshot,
    to: null,
    afterSeq: floor.seq,
  };
}

/** Whether two readers stand at the same place: between them nothing was given to one and not to the other. */
export function samePosition(a: Position, b: Position): boolean {
  return a === b || encodePosition(a) === encodePosition(b);
}

/** The opaque, versioned form that clients keep: a cursor. */
export function encodePosition({ epoch, floor, pending, from, to, afterSeq }: Position): string {
  const values: z.input<typeof wire> = [
    wireVersion,
    epoch,
    [floor.at, floor.seq],
    [pending.xmax, pending.at, pending.seq],
    from,
    to && endTuple(to),
    afterSeq,
  ];
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

function endTuple({ snapshot, at, seq, next }: PageEnd): [string, string, number?, string?] {
  if (seq === undefined) return [snapshot, at];
  return next === undefined ? [snapshot, at, seq] : [snapshot, at, seq, next];
}

/** Reads a cursor back; `events.invalid_cursor` where it was not made by `encodePosition`. */
export function decodePosition(cursor: string): Position {
  try {
    const text = Buffer.from(cursor, 'base64url').toString();
    const [, epoch, floor, pending, from, to, afterSeq] = wire.parse(JSON.parse(text));
    return {
      epoch,
      floor: { at: floor[0], seq: floor[1] },
      pending: { xmax: pending[0], at: pending[1], seq: pending[2] },
      from,
      to: to && {
        snapshot: to[0],
        at: to[1],
        ...(to[2] !== undefined && { seq: to[2] }),
        ...(to[3] !== undefined && { next: to[3] }),
      },
      afterSeq,
    };
  } catch {
    throw invalidCursorError('The value of `after` cannot be read.');
  }
}
