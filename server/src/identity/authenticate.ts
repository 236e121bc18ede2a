// From a credential to a caller: an API key by its public part and hash, a token by its signature, and then in either case
// what the database says today. HTTP and sockets both come through here.
import { backgroundActor } from '../platform/actor.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { apiKeyPrefix, hashApiKey, looksLikeApiKey, sameHash } from './api-key-secret.ts';
import { type Caller, callerForKey, callerForUser, type Membership } from './caller.ts';
import { invalidKey, invalidToken, keyExpired, keyRevoked, missingCredentials, unknownUser } from './errors.ts';
import { type ExternalIssuer, ExternalTokens } from './external-token.ts';
import { findKeyCredential, findMemberships, type KeyCredentialRow } from './queries.ts';
import { Recall } from './recall.ts';
import { Tokens } from './token.ts';

/** Longest credential that is looked at: our tokens have some 250 characters. */
const credentialCharactersMax = 4096;
/** How long a look-up is believed without having been told of a change; see recall.ts. */
const recallLifetimeMs = 1_000;
const recallEntriesMax = 10_000;

export interface AuthenticatorOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** At least 32 bytes; signs people's tokens. */
  readonly tokenSecret: Uint8Array;
  /** Those that it replaced: what they signed is believed until it ends. */
  readonly formerTokenSecrets?: readonly Uint8Array[];
  /** Whose tokens are taken besides our own; none unless given. */
  readonly externalIssuer?: ExternalIssuer | null;
}

/** Whom an access.changed event is about. */
export type Subject = Caller['subject'];

export interface Authenticator {
  /**
   * The caller behind an API key or a token. Throws one of the `identity.*` refusals with status 401:
   * missing_credentials, invalid_key, key_revoked, key_expired, invalid_token, token_expired, unknown_user; and with 503
   * keys_unavailable where an external issuer's keys cannot be fetched.
   */
  authenticate(credential: string): Promise<Caller>;
  /** A token for the user, valid for 24 hours; it is not checked whether there is such a user. */
  issueToken(userId: string): Promise<string>;
  /** To be called when the rights of somebody have changed: after an own commit, and for each access.changed event. */
  forget(subject: Subject): void;
}

export function createAuthenticator(given: AuthenticatorOptions): Authenticator {
  const { db, clock, externalIssuer = null } = given;
  const tokens = new Tokens([given.tokenSecret, ...(given.formerTokenSecrets ?? [])], clock);
  const externalTokens = externalIssuer === null ? null : new ExternalTokens(externalIssuer, clock);
  const options = { clock, lifetimeMs: recallLifetimeMs, entriesMax: recallEntriesMax };
  const keys = new Recall<KeyCredentialRow>(options, (row) => row.id);
  const people = new Recall<Person>(options, (person) => person.userId);

  async function authenticateKey(credential: string): Promise<Caller> {
    const prefix = apiKeyPrefix(credential);
    if (prefix === null) throw invalidKey('The API key is not of the form tsk_<8 characters>_<43 characters>.');
    const row = await keys.get(prefix, () => loadKey(db, prefix));
    if (!sameHash(row.secret_hash, hashApiKey(credential))) throw invalidKey('There is no such API key.');
    // Only who holds the secret learns more than that: a public part alone must not tell whether a key is in use.
    if (row.revoked_at !== null) throw keyRevoked('The API key was revoked and does not work any more.');
    if (row.expires_at !== null && row.expires_at <= clock.now()) throw keyExpired('The API key has expired.');
    const place = { franchiseId: row.franchise_id, franchiseeId: row.franchisee_id, locationIds: row.location_ids };
    return callerForKey({ keyId: row.id, scopes: row.scopes, place, expiresAt: row.expires_at });
  }

  async function authenticateToken(credential: string): Promise<Caller> {
    const issuer = externalTokens !== null && ExternalTokens.isMeant(credential) ? externalTokens : tokens;
    const { userId, expiresAt } = await issuer.verify(credential);
    const { memberships } = await people.get(userId, () => loadPerson(db, userId));
    return callerForUser({ userId, memberships, expiresAt });
  }

  return {
    async authenticate(credential) {
      if (credential === '') throw missingCredentials('The request carries no API key and no token.');
      if (looksLikeApiKey(credential)) return authenticateKey(credential);
      if (credential.length > credentialCharactersMax) throw invalidToken('The credential is too long to be a token.');
      return authenticateToken(credential);
    },
    issueToken: (userId) => tokens.issue(userId),
    forget({ kind, id }) {
      if (kind === 'user') people.forget(id);
      else keys.forget(id);
    },
  };
}

/** The caller that a user is, for the parts that act on a person's behalf without a token. Throws `identity.unknown_user`. */
export async function loadUserCaller(db: Database, userId: string): Promise<Caller> {
  const { memberships } = await loadPerson(db, userId);
  return callerForUser({ userId, memberships, expiresAt: null });
}

interface Person {
  readonly userId: string;
  readonly memberships: readonly Membership[];
}

const lookUp = backgroundActor('authenticate');

async function loadKey(db: Database, prefix: string): Promise<KeyCredentialRow> {
  const row = await db.ask(lookUp, (tx) => findKeyCredential(tx, prefix));
  if (!row) throw invalidKey('There is no such API key.');
  return row;
}

async function loadPerson(db: Database, userId: string): Promise<Person> {
  const memberships = await db.transaction(lookUp, (tx) => findMemberships(tx, userId));
  if (memberships === null) throw unknownUser('The user of this token does not exist.');
  return { userId, memberships };
}
