// Renews a token that does not last: one at a time over all nodes, because many vendors take a refresh token once only
// and lock the merchant out when it comes twice. Who does not get the renewal waits for what the other one stores.
import { setTimeout as wait } from 'node:timers/promises';
import { v4 as uuidv4 } from 'uuid';
import { backgroundActor } from '../../../platform/actor.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { Secrets } from '../../../platform/secrets.ts';
import type { ConnectionFields, TokenRenewal } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import {
  giveRenewalBack,
  listSiblings,
  loadCredentials,
  replaceCredentials,
  type SealedCredentials,
  type SystemKey,
  takeRenewal,
} from './queries.ts';
import { openCredentials, sealCredentials } from './sealed-credentials.ts';

export interface CredentialParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly logger: Logger;
}

export interface RenewalRequest {
  readonly system: SystemKey;
  readonly tokens: TokenRenewal;
  /** Asks the vendor with the credentials that are kept, once. */
  readonly renew: (credentials: ConnectionFields) => Promise<ConnectionFields>;
  /** What the vendor has just refused: renewed although it should still last. */
  readonly refused: ConnectionFields | null;
  readonly signal: AbortSignal;
}

const actor = backgroundActor('pos credentials');
/** Above the longest that a vendor is waited for, so that a holder that lives is never overtaken. */
const ttlMs = 60_000;
const lookAgainMs = 100;
const storeAttempts = 10;

/** The credentials to go on with. Throws VendorFailure, `unauthorised` also where they were taken away meanwhile. */
export async function renewCredentials(parts: CredentialParts, request: RenewalRequest): Promise<ConnectionFields> {
  const { db } = parts;
  const { system, signal } = request;
  const holder = uuidv4();
  const siblings = request.tokens.sharedBy === undefined ? [] : await siblingsOf(db, system);
  const lock = { ...(siblings[0] ?? system), holder };
  for (;;) {
    signal.throwIfAborted();
    const { isOurs, kept } = await db.transaction(actor, async (tx) => {
      const isOurs = await takeRenewal(tx, { ...lock, ttlMs });
      // Read after it was taken: what the holder before us has stored is seen.
      return { isOurs, kept: await loadCredentials(tx, system) };
    });
    try {
      if (kept === null) throw new VendorFailure('unauthorised', 'The till has no credentials.');
      const credentials = openCredentials(parts.secrets, kept);
      if (!isStale(parts.clock, request, credentials)) return credentials;
      if (isOurs) {
        const shared = await findShared(parts, request, { credentials, siblings });
        return await renewOnce(
          parts,
          { ...request, ...(shared && { renew: async () => shared }) },
          { kept, credentials },
        );
      }
    } finally {
      if (isOurs) await db.transaction(actor, (tx) => giveRenewalBack(tx, lock));
    }
    await wait(lookAgainMs, undefined, { signal });
  }
}

const siblingsMax = 200;

function siblingsOf(db: Database, system: SystemKey): Promise<SystemKey[]> {
  return db.transaction(actor, (tx) => listSiblings(tx, system, siblingsMax));
}

/** The credentials of the till of the same client whose token lasts longest; null where none does. */
async function findShared(
  { db, clock, secrets }: CredentialParts,
  request: RenewalRequest,
  { credentials, siblings }: { readonly credentials: ConnectionFields; readonly siblings: readonly SystemKey[] },
): Promise<ConnectionFields | null> {
  const names = request.tokens.sharedBy ?? [];
  const lastsUntil = (fields: ConnectionFields) => request.tokens.renewAt(fields)?.getTime() ?? 0;
  let found: ConnectionFields | null = null;
  for (const sibling of siblings) {
    const kept = await db.transaction(actor, (tx) => loadCredentials(tx, sibling));
    const theirs = kept && openCredentials(secrets, kept);
    if (theirs === null || names.some((name) => theirs[name] !== credentials[name])) continue;
    if (isStale(clock, request, theirs)) continue;
    // The vendor may have taken back more than the one that it refused: of those as old as it none is worth an attempt.
    if (request.refused !== null && lastsUntil(theirs) <= lastsUntil(request.refused)) continue;
    if (found === null || lastsUntil(theirs) > lastsUntil(found)) found = theirs;
  }
  return found;
}

function isStale(clock: Clock, { tokens, refused }: RenewalRequest, credentials: ConnectionFields): boolean {
  const renewAt = tokens.renewAt(credentials);
  if (renewAt !== null && renewAt <= clock.now()) return true;
  return refused !== null && JSON.stringify(refused) === JSON.stringify(credentials);
}

async function renewOnce(
  { db, secrets, logger }: CredentialParts,
  { system, renew }: RenewalRequest,
  { kept, credentials }: { readonly kept: SealedCredentials; readonly credentials: ConnectionFields },
): Promise<ConnectionFields> {
  const renewed = await renew(credentials);
  const sealed = sealCredentials(secrets, kept, renewed);
  // The vendor has taken the old ones back: what cannot be stored now is lost, and a person would have to sign in anew.
  for (let attempt = 1; ; attempt++) {
    try {
      const change = { ...system, former: kept.sealed, sealed };
      if (await db.transaction(actor, (tx) => replaceCredentials(tx, change))) return renewed;
      break;
    } catch (error) {
      if (attempt >= storeAttempts) throw error;
      logger.warn({ part: 'pos credentials', err: error, ...system }, 'renewed credentials could not be stored yet');
      await wait(lookAgainMs * attempt);
    }
  }
  return afterReplacement({ db, secrets }, system, { former: credentials, renewed });
}

/**
 * What was kept when we began is not kept any more. Wrapped anew under another key it is still the same, and ours goes in
 * its place; a person's new credentials stay.
 */
async function afterReplacement(
  { db, secrets }: Pick<CredentialParts, 'db' | 'secrets'>,
  system: SystemKey,
  { former, renewed }: { readonly former: ConnectionFields; readonly renewed: ConnectionFields },
): Promise<ConnectionFields> {
  for (;;) {
    const kept = await db.transaction(actor, (tx) => loadCredentials(tx, system));
    if (kept === null) throw new VendorFailure('unauthorised', 'The credentials of the till were taken away.');
    const present = openCredentials(secrets, kept);
    if (JSON.stringify(present) !== JSON.stringify(former)) return present;
    const change = { ...system, former: kept.sealed, sealed: sealCredentials(secrets, kept, renewed) };
    if (await db.transaction(actor, (tx) => replaceCredentials(tx, change))) return renewed;
  }
}
