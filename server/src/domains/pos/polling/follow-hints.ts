// What webhooks told: each object that was named is fetched once, however often it was named, and booked like anything
// else. A hint is worth nothing but an earlier look: one that cannot be followed is let go, and the feed brings it.
import type { DocumentReference } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import { dueHints, type Hint, nextHintInMs, postponeHint, removeHint } from './queries.ts';
import { syncCatalogue } from './sync-catalogue.ts';
import type { TillRun } from './till-run.ts';

const batch = 50;
const attemptsMax = 5;
const postponeBaseMs = 5_000;

/** In how many ms there is more to look at; null where there is not. Throws VendorFailure for what concerns the whole till. */
export async function followHints(run: TillRun): Promise<number | null> {
  const { till } = run;
  for (;;) {
    const hints = await run.inTransaction((tx) => dueHints(tx, till, batch));
    for (const hint of hints) {
      await followOne(run, hint);
      if (run.isOverdue()) return 0;
    }
    if (hints.length < batch) return run.inTransaction((tx) => nextHintInMs(tx, till));
  }
}

async function followOne(run: TillRun, hint: Hint): Promise<void> {
  const { till, open } = run;
  const reference = { kind: hint.kind as DocumentReference['kind'], id: hint.externalId };
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
