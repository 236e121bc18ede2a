// What webhooks told: each object that was named is fetched once, however often it was named, and booked like anything
// else. A hint is worth nothing but an earlier look: one that cannot be followed is let go, and the feed brings it.
import type { DocumentReference } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import {
  databaseNow,
  dueHints,
  type Hint,
  nextHintInMs,
  postponeHint,
  removeHint,
  removeHintsUntil,
} from './queries.ts';
import { syncCatalogue } from './sync-catalogue.ts';
import type { TillRun } from './till-run.ts';

/** More than these are read from the feed at once, which costs a request a page instead of one an object. */
const batch = 25;
const attemptsMax = 5;
const graceMs = 2_000;
const postponeBaseMs = 5_000;

export interface Followed {
  /** There was none, not even for later. */
  readonly areNone: boolean;
  /** There were more than are followed one by one: the feed is to be read instead. */
  readonly areMany: boolean;
  /** In how many ms there is more to look at; null where there is not. */
  readonly nextInMs: number | null;
}

/** Throws VendorFailure for what concerns the whole till. */
export async function followHints(run: TillRun): Promise<Followed> {
  const { till } = run;
  const [hints, nextInMs] = await run.ask((tx) => Promise.all([dueHints(tx, till, batch + 1), nextHintInMs(tx, till)]));
  if (nextInMs === null) return { areNone: true, areMany: false, nextInMs };
  // What changed of the catalogue or of the access is in no feed of sales.
  const areMany = hints.length > batch;
  for (const hint of hints.filter(({ kind }) => !areMany || kind === 'catalogue' || kind === 'access')) {
    await followOne(run, hint);
    if (run.isOverdue()) return { areNone: false, areMany, nextInMs: 0 };
  }
  const laterInMs = areMany ? run.open.connector.pace.lagMs + graceMs : await run.ask((tx) => nextHintInMs(tx, till));
  return { areNone: false, areMany, nextInMs: laterInMs };
}

/**
 * Reads the feed in the place of hints about sales that came until now. One whose object the feed does not show yet is
 * found by the next window, which overlaps.
 */
export async function readFeedInstead(run: TillRun, readFeed: () => Promise<boolean>): Promise<boolean> {
  // A window ends a little before now: what was told since is not in it.
  const untilMs = (await run.inTransaction(databaseNow)).getTime() - run.open.connector.pace.lagMs - graceMs;
  const isThrough = await readFeed();
  if (isThrough) await run.inTransaction((tx) => removeHintsUntil(tx, run.till, new Date(untilMs)));
  return isThrough;
}

async function followOne(run: TillRun, hint: Hint): Promise<void> {
  const { till, open } = run;
  const { kind, externalId: id, toldAt: changedSince } = hint;
  const reference = { kind: kind as DocumentReference['kind'], id, changedSince };
  try {
    if (reference.kind === 'catalogue') await syncCatalogue(run);
    else if (reference.kind === 'access') await checkAccess(run);
    else await run.book(await open.connector.fetchOne(open.connection, reference));
  } catch (error) {
    if (!(error instanceof VendorFailure) || !concernsIt(error)) throw error;
    if (error.kind !== 'not_found' && hint.attempts + 1 < attemptsMax) {
      const inMs = postponeBaseMs * 2 ** hint.attempts;
      return run.inTransaction((tx) => postponeHint(tx, till, { ...hint, inMs }));
    }
  }
  await run.inTransaction((tx) => removeHint(tx, till, hint));
}

/** The object alone: everything else would go the same way for the next hint. */
function concernsIt({ kind }: VendorFailure): boolean {
  return kind === 'not_found' || kind === 'refused' || kind === 'malformed';
}

async function checkAccess({ open }: TillRun): Promise<void> {
  const tried = await open.connector.tryConnection(open.connection);
  if (!tried.ok) throw new VendorFailure('unauthorised', tried.problem);
}
