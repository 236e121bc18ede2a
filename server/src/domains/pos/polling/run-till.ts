// A till's turn: what webhooks told, then the feed, then what was wished for, all under one lease and one share of time.
// Whatever goes wrong ends here as a sentence in the till's own row, and decides when it is its turn again.
import { v7 as uuidv7 } from 'uuid';
import { backgroundActor } from '../../../platform/actor.ts';
import { systemClock } from '../../../platform/clock.ts';
import type { Tx } from '../../../platform/database.ts';
import { keepCatalogue } from '../connectors/book-documents.ts';
import type { ConnectionFields } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import type { OpenTill } from '../credentials/connect.ts';
import { type KeptTill, type OpenTillParts, openTill } from '../credentials/open-till.ts';
import { forgetSeen } from '../day-end/queries.ts';
import type { IngestParts } from '../ingest-sales.ts';
import { businessDayStart, failSyncs, insertSync, openSyncs } from '../syncs/queries.ts';
import { clockDriftMsMax } from '../systems/queries.ts';
import { needsPerson, pauseAfter } from './back-off.ts';
import { bookAtTill, factsOf } from './book-at-till.ts';
import { carryOutSyncs } from './carry-out-syncs.ts';
import { followHints, readFeedInstead } from './follow-hints.ts';
import { pollFeed } from './poll-feed.ts';
import { type DueTill, endRun, type Held, isStillHeld, leaveTill } from './queries.ts';
import { isCatalogueDue, syncCatalogue } from './sync-catalogue.ts';
import { LeaseLost, refuseLost, type TillRun } from './till-run.ts';

export interface RunParts extends OpenTillParts {
  readonly ingest: IngestParts;
  /** The node, as the leases know it. */
  readonly holder: string;
  /** As in PollerLimits. */
  readonly shareMs: number;
}

export type RunOutcome = 'done' | 'unavailable' | 'failed' | 'lost';

/** Its own token, one that another till of its client has, a new one. */
const tokensMax = 3;
/** Business days that the nightly look back goes over, besides the one that runs. */
const lookBackDays = 3;

const actor = backgroundActor('pos poller');

/** Never throws: what it came to is in the till's row, and the lease is given back or lost. */
export async function runTill(parts: RunParts, till: DueTill, signal: AbortSignal): Promise<RunOutcome> {
  const { db } = parts;
  const held = heldBy(parts, till);
  const progress: Progress = { offsetMs: null, wasPolled: false, wasScanned: false, againInMs: null };
  const end = (failure: Parameters<typeof endRun>[2]['failure']) =>
    db.transaction(actor, (tx) =>
      endRun(tx, held, {
        ...progress,
        vendorOffsetMs: progress.offsetMs,
        nextPollAt: till.nextPollAt,
        wakeAt: till.wakeAt,
        failure,
      }),
    );
  const secrets: string[] = [];
  try {
    await workThrough(parts, { till, signal, progress, secrets, look: { seenMs: Number.NEGATIVE_INFINITY } });
    await end(null);
    return 'done';
  } catch (error) {
    // The node stops, or the till is no more what it was: who is next goes on at once instead of waiting for the lease.
    if (signal.aborted || error instanceof LeaseLost) {
      await db.transaction(actor, (tx) => leaveTill(tx, held)).catch(() => undefined);
      return 'lost';
    }
    if (!(error instanceof VendorFailure)) {
      parts.logger.error({ part: 'pos poller', err: error, ...held }, 'a till could not be polled');
    }
    const failed = describe(error, secrets, till);
    progress.againInMs = till.wakeAt === null ? null : failed.pauseMs;
    await end(failed)
      .then(() =>
        needsPerson(failed.kind) ? db.transaction(actor, (tx) => giveSyncsUp(tx, till, failed.detail)) : undefined,
      )
      .catch(async (lost: unknown) => {
        parts.logger.error({ part: 'pos poller', err: lost, ...held }, 'the end of a run could not be written');
        // In words that can be written: a till must be neither held by nobody nor shown as well.
        await end(describe(lost, [], till));
      })
      .catch(() => undefined);
    return failed.kind === 'unavailable' ? 'unavailable' : 'failed';
  }
}

async function giveSyncsUp(tx: Tx, till: DueTill, detail: string): Promise<void> {
  await forgetSeen(tx, till.locationId, await failSyncs(tx, till, detail));
}

interface Progress {
  offsetMs: number | null;
  wasPolled: boolean;
  wasScanned: boolean;
  againInMs: number | null;
}

interface Turn {
  readonly till: DueTill;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Filled with what must not be shown. */
  readonly secrets: string[];
  readonly look: { seenMs: number };
}

async function workThrough(parts: RunParts, turn: Turn): Promise<void> {
  const { till, signal } = turn;
  if (till.sealed === null) throw new VendorFailure('unauthorised', 'The till has no credentials.');
  const kept: KeptTill = { ...till, sealed: till.sealed };
  let refused: ConnectionFields | null = null;
  for (let attempt = 1; ; attempt++) {
    const open = await openTill(parts, kept, { signal, refused, mayAsk: () => refuseAsking(parts, turn) });
    try {
      return await workOn(parts, turn, open);
    } catch (error) {
      const isRenewable = open.connector.tokens !== null && attempt < tokensMax;
      if (!(error instanceof VendorFailure) || error.kind !== 'unauthorised' || !isRenewable) throw error;
      refused = open.connection.credentials;
    }
  }
}

async function workOn(parts: RunParts, turn: Turn, open: OpenTill): Promise<void> {
  const { till, progress } = turn;
  turn.secrets.push(...Object.values(open.connection.credentials));
  const run = makeRun(parts, turn, open);
  // Before any sale: a line of an item that is not known yet would wait for a person.
  if (isCatalogueDue(run)) await syncCatalogue(run);
  const hints = await followHints(run);
  let isThrough = true;
  if (till.isPollDue || hints.areMany) {
    const readFeed = async () => (await pollFeed(run)).isThrough;
    isThrough = hints.areNone ? await readFeed() : await readFeedInstead(run, readFeed);
    progress.wasPolled = till.isPollDue && isThrough;
  }
  if (till.isScanDue) {
    await run.inTransaction((tx) => wishForLookBack(tx, run));
    progress.wasScanned = true;
  }
  // One page at least, though the feed took the whole share: a till that sells without end would never be looked back on.
  const areCarriedOut = isThrough && (await carryOutSyncs(run));
  progress.offsetMs = vendorOffset(open, till);
  progress.againInMs = isThrough && areCarriedOut ? hints.nextInMs : 0;
}

function heldBy({ holder }: RunParts, { locationId, posSystemId, edition }: DueTill): Held {
  return { locationId, posSystemId, holder, edition };
}

/** How old a look may be that a request goes by, in ms; each request goes by one of its own. */
const lookMsMax = 100;

/**
 * What was asked of a till that somebody has cut since, paused or made another is not booked, and nothing more is asked: a
 * look before each costs a fraction of it, and holds on whatever node the till is run.
 */
async function refuseChanged(parts: RunParts, { till, signal, look }: Turn): Promise<void> {
  signal.throwIfAborted();
  const startedMs = systemClock.monotonicMs();
  refuseLost(await parts.db.ask(actor, (tx) => isStillHeld(tx, heldBy(parts, till))));
  look.seenMs = startedMs;
}

/** Before a request. Most of them come right behind a write to the till's row, which is as good a look as any. */
async function refuseAsking(parts: RunParts, turn: Turn): Promise<void> {
  turn.signal.throwIfAborted();
  if (systemClock.monotonicMs() - turn.look.seenMs > lookMsMax) await refuseChanged(parts, turn);
  turn.look.seenMs = Number.NEGATIVE_INFINITY;
}

function makeRun(parts: RunParts, turn: Turn, open: OpenTill): TillRun {
  const { till, signal, secrets, look } = turn;
  const { db, clock, shareMs } = parts;
  const held = heldBy(parts, till);
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return db.transaction(actor, work);
  };
  const startedMs = systemClock.monotonicMs();
  return {
    ...{ db, clock, till, open, signal },
    held,
    book: async (documents) => {
      // Nothing would be booked; writing down how far it has come looks as well.
      if (documents.length > 0) await refuseChanged(parts, turn);
      return bookAtTill(parts, { till, open, documents });
    },
    keepItems: async (items) => {
      await refuseChanged(parts, turn);
      await keepCatalogue(parts, factsOf(till), items);
    },
    withoutSecrets: (text) => withoutSecrets(text, secrets),
    vendorNow: () => new Date(clock.now().getTime() + vendorOffset(open, till)),
    isOverdue: () => systemClock.monotonicMs() - startedMs > shareMs,
    inTransaction,
    ask: (work) => {
      signal.throwIfAborted();
      return db.ask(actor, work);
    },
    keep: async (write) => {
      signal.throwIfAborted();
      const atMs = systemClock.monotonicMs();
      refuseLost(await db.ask(actor, write));
      look.seenMs = atMs;
    },
  };
}

/** As of its last answer, else of the last run's. Never ahead of us: a window that ends too early costs a little time. */
function vendorOffset(open: OpenTill, till: DueTill): number {
  return Math.min(0, open.offsetMs() ?? till.vendorOffsetMs);
}

async function wishForLookBack(tx: Tx, run: TillRun): Promise<void> {
  const { till } = run;
  const isThere = (await openSyncs(tx, till)).some(({ reason }) => reason === 'nightly');
  if (isThere) return;
  // A clock that is days off is no clock: the days that are over are over by ours.
  const until = new Date(Math.max(run.vendorNow().getTime(), run.clock.now().getTime() - clockDriftMsMax));
  const days = await businessDayStart(tx, { locationId: till.locationId, at: until, days: lookBackDays });
  const since = days < till.floorAt ? till.floorAt : days;
  if (since >= until) return;
  await insertSync(tx, { ...till, id: uuidv7(), reason: 'nightly', requestedBy: actor.id, since, until });
}

function describe(error: unknown, secrets: readonly string[], { failuresInRow: inRow }: DueTill) {
  if (error instanceof VendorFailure) {
    const { kind, retryAfterMs } = error;
    return { kind, detail: withoutSecrets(error.message, secrets), pauseMs: pauseAfter({ kind, retryAfterMs, inRow }) };
  }
  const detail = 'Something went wrong on our side; the log of the server says what.';
  return { kind: 'ours', detail, pauseMs: pauseAfter({ kind: 'ours', retryAfterMs: null, inRow }) };
}

/** A vendor may quote in its answer what it was sent. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= 4).reduce((kept, secret) => kept.replaceAll(secret, '***'), text);
}
