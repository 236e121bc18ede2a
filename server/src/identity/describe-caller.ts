// What a credential is told about itself: who it is, and the places where it counts. Needs no right.
import type { z } from 'zod';
import { backgroundActor } from '../platform/actor.ts';
import type { Database } from '../platform/database.ts';
import type { Caller } from './caller.ts';
import { findApiKeyName, findUserName } from './queries.ts';
import type { meView } from './schema.ts';

// A key's own row is not within the reach of a key for shops; its name is no secret from itself.
const lookUp = backgroundActor('describe-caller');

export async function describeCaller(db: Database, caller: Caller): Promise<z.input<typeof meView>> {
  const { kind, subject, grants, expiresAt } = caller;
  const find = kind === 'user' ? findUserName : findApiKeyName;
  const name = await db.transaction(lookUp, (tx) => find(tx, subject.id));
  const memberships = grants.flatMap(({ place, ...grant }) => {
    if (grant.kind !== 'membership') return [];
    const { franchiseId, franchiseeId, locationIds } = place;
    return [{ role: grant.role, franchiseId, franchiseeId, locationId: locationIds?.[0] ?? null }];
  });
  const [key = null] = grants.flatMap(({ place, ...grant }) => {
    if (grant.kind !== 'key') return [];
    const { franchiseId, franchiseeId, locationIds } = place;
    return [{ scopes: [...grant.scopes], franchiseId, franchiseeId, locationIds: locationIds && [...locationIds] }];
  });
  const actor = { kind, id: subject.id, name: name ?? '' };
  return { actor, memberships, key, expiresAt: expiresAt?.toISOString() ?? null };
}
