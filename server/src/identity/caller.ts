// Who is asking, worked out once from memberships or a key: what it was granted, where, and the settings that PostgreSQL's
// row policies compare with (migrations/0001_foundations.sql). Everything above the database gets its rights from here.
import { type Actor, uuidList } from '../platform/actor.ts';
import type { KeyScope, Role } from './roles.ts';

/** A part of the tree: these shops, else the whole franchisee, else the whole franchise. */
export interface Place {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  /** Null: every shop of the franchisee (or brand), also those that open later. */
  readonly locationIds: readonly string[] | null;
}

/** What somebody may do (the role's or scopes' column of the permission table), and the place where it counts. */
export type Grant =
  | { readonly kind: 'membership'; readonly role: Role; readonly place: Place }
  | { readonly kind: 'key'; readonly scopes: readonly KeyScope[]; readonly place: Place };

/** Whose rows a caller's transaction sees. */
export interface Reach {
  /** Franchises of which it reaches everything. */
  readonly franchises: readonly string[];
  readonly franchisees: readonly string[];
  readonly locations: readonly string[];
  /** Franchises to which it belongs in any way, and whose brand-wide rows (products, …) it therefore reads. */
  readonly memberships: readonly string[];
  /** The person, for rows addressed to one; null for keys. */
  readonly userId: string | null;
}

export interface Caller extends Actor {
  readonly kind: 'user' | 'key';
  readonly role: 'tillstream_user';
  /** What an access.changed event calls it. */
  readonly subject: { readonly kind: 'user' | 'api_key'; readonly id: string };
  readonly grants: readonly Grant[];
  readonly reach: Reach;
  /** When its credential ends by itself; null for a key without an end. A live socket must not outlast it. */
  readonly expiresAt: Date | null;
}

export interface Membership {
  readonly role: Role;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationId: string | null;
}

export interface UserIdentity {
  readonly userId: string;
  readonly memberships: readonly Membership[];
  readonly expiresAt: Date | null;
}

/** The caller that a person is. Without memberships it may ask who it is, and sees no row of anybody. */
export function callerForUser({ userId, memberships, expiresAt }: UserIdentity): Caller {
  const grants = memberships.map(({ role, franchiseId, franchiseeId, locationId }): Grant => {
    return {
      kind: 'membership',
      role,
      place: { franchiseId, franchiseeId, locationIds: locationId === null ? null : [locationId] },
    };
  });
  const subject = { kind: 'user', id: userId } as const;
  return withGrants({ id: `user:${userId}`, kind: 'user', role: 'tillstream_user', subject, expiresAt }, grants);
}

export interface KeyIdentity {
  readonly keyId: string;
  readonly scopes: readonly KeyScope[];
  readonly place: Place;
  readonly expiresAt: Date | null;
}

/** The caller that an API key is. */
export function callerForKey({ keyId, scopes, place, expiresAt }: KeyIdentity): Caller {
  const subject = { kind: 'api_key', id: keyId } as const;
  const base = { id: `key:${keyId}`, kind: 'key', role: 'tillstream_user', subject, expiresAt } as const;
  return withGrants(base, [{ kind: 'key', scopes, place }]);
}

/** The same caller with these grants alone: reach and policy settings follow from the grants and from nothing else. */
export function withGrants(base: Omit<Caller, 'grants' | 'reach' | 'settings'>, grants: readonly Grant[]): Caller {
  const { id, kind, role, subject, expiresAt } = base;
  const reach = reachOf(grants, subject.kind === 'user' ? subject.id : null);
  const settings = {
    'app.franchises': uuidList(reach.franchises),
    'app.franchisees': uuidList(reach.franchisees),
    'app.locations': uuidList(reach.locations),
    'app.memberships': uuidList(reach.memberships),
    'app.user': reach.userId ?? '',
  };
  return { id, kind, role, subject, expiresAt, grants, reach, settings };
}

// Each grant counts at its own level only: a grant for shops never adds their franchisee, or a manager of one shop would
// see the others of the same firm.
function reachOf(grants: readonly Grant[], userId: string | null): Reach {
  const franchises = new Set<string>();
  const franchisees = new Set<string>();
  const locations = new Set<string>();
  for (const { place } of grants) {
    if (place.locationIds !== null) for (const id of place.locationIds) locations.add(id);
    else if (place.franchiseeId !== null) franchisees.add(place.franchiseeId);
    else franchises.add(place.franchiseId);
  }
  const memberships = new Set(grants.map(({ place }) => place.franchiseId));
  return {
    franchises: [...franchises],
    franchisees: [...franchisees],
    locations: [...locations],
    memberships: [...memberships],
    userId,
  };
}

export interface IngestBatch {
  readonly locationIds: Iterable<string>;
  /** The franchises of those locations: their brand-wide rows (products) are read. */
  readonly franchiseIds: Iterable<string>;
}

/** The actor of one group commit: it writes the rows of the batch's own shops and of no other. */
export function ingestActor({ locationIds, franchiseIds }: IngestBatch): Actor {
  return {
    id: 'system:ingest',
    kind: 'system',
    role: 'tillstream_ingest',
    settings: { 'app.locations': uuidList(locationIds), 'app.memberships': uuidList(franchiseIds) },
  };
}
