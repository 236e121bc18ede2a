// Gives a person a role at one place of the tree, and tells the log, so that open sockets take the new rights up.
import { v7 as uuidv7 } from 'uuid';
import { append } from '../events/index.ts';
import type { Tx } from '../platform/database.ts';
import type { Membership } from './caller.ts';
import { franchiseeNotFound, locationNotFound, userNotFound } from './errors.ts';
import {
  findFranchisee,
  findLocation,
  findMembershipId,
  findMemberships,
  insertMembership,
  type MembershipRow,
} from './queries.ts';
import type { Role } from './roles.ts';

export interface NewMembership {
  readonly userId: string;
  /** Where the role stands: the brand, one of its franchisees, or one of its shops, by the role. */
  readonly place:
    | { readonly role: 'franchise_admin'; readonly franchiseId: string }
    | { readonly role: 'franchisee'; readonly franchiseeId: string }
    | { readonly role: Extract<Role, 'location_manager' | 'staff'>; readonly locationId: string };
  /** When it was decided: the event's business time. */
  readonly at: Date;
}

/**
 * Adds the membership and appends access.changed; one that the person has already is returned as it is, without an event.
 * Throws `identity.user_not_found`, `identity.franchisee_not_found` or `identity.location_not_found`.
 */
export async function addMembership(tx: Tx, { userId, place, at }: NewMembership): Promise<{ id: string }> {
  if ((await findMemberships(tx, userId)) === null) throw userNotFound(`There is no user ${userId}.`);
  const row: MembershipRow = { id: uuidv7(), userId, ...(await membershipAt(tx, place)) };
  const id = await insertMembership(tx, row);
  if (id === null) return { id: (await findMembershipId(tx, row)) ?? row.id };
  await append(tx, [
    {
      type: 'access.changed',
      owner: { franchiseId: row.franchiseId, franchiseeId: row.franchiseeId, locationId: row.locationId },
      entityId: userId,
      operation: 'INSERT',
      record: null,
      changeData: { subjectKind: 'user', subjectId: userId, change: 'granted' },
      sourceSystem: 'api',
      timestamp: at,
    },
  ]);
  return { id };
}

// The levels above are read from the tree, never taken from the request: a membership in a shop carries the shop's own
// franchisee and brand.
async function membershipAt(tx: Tx, place: NewMembership['place']): Promise<Membership> {
  if (place.role === 'franchise_admin') {
    return { role: place.role, franchiseId: place.franchiseId, franchiseeId: null, locationId: null };
  }
  if (place.role === 'franchisee') {
    const franchisee = await findFranchisee(tx, place.franchiseeId);
    if (!franchisee) throw franchiseeNotFound(`There is no franchisee ${place.franchiseeId}.`);
    const { id: franchiseeId, franchise_id: franchiseId } = franchisee;
    return { role: place.role, franchiseId, franchiseeId, locationId: null };
  }
  const location = await findLocation(tx, place.locationId);
  if (!location) throw locationNotFound(`There is no location ${place.locationId}.`);
  const { id: locationId, franchise_id: franchiseId, franchisee_id: franchiseeId } = location;
  return { role: place.role, franchiseId, franchiseeId, locationId };
}
