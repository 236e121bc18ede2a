// From a credential to a subscriber, by way of identity/: what somebody may do is its table's, and only the places where
// joining is among it count here.
import type { StoredEvent } from '../../../events/index.ts';
import type { Authenticator, Subject } from '../../../identity/authenticate.ts';
import { type Caller, may, narrowTo, type Places, type Target } from '../../../identity/index.ts';
import { backgroundActor } from '../../../platform/actor.ts';
import type { Database } from '../../../platform/database.ts';
import type { TopicOwner } from '../protocol/topics.ts';
import { findNotifications } from '../queries.ts';
import type { Subscriber, SubscriberSource } from './subscriber.ts';

export interface RecogniseOptions {
  readonly db: Database;
  readonly authenticator: Pick<Authenticator, 'authenticate' | 'forget'>;
  readonly places: Places;
}

/** Refusals are identity's own: status 401 for a bad credential, 403 for one without the right to join anywhere. */
export function recogniseSubscribers({ db, authenticator, places }: RecogniseOptions): SubscriberSource {
  return {
    authenticate: async (token) => subscriberOf(await authenticator.authenticate(token), places),
    changedBy(event) {
      const subject = subjectOfChange(event);
      if (subject === null) return null;
      // Another node may have changed it: what this one remembers would be decided upon again.
      authenticator.forget(subject);
      return actorIdOf(subject);
    },
    // Only people are told anything from the log by broadcast.
    readBroadcasts: async (owner, range) =>
      owner.kind === 'user' ? db.transaction(replayer, (tx) => findNotifications(tx, owner.id, range)) : [],
  };
}

const replayer = backgroundActor('realtime replay');

function subjectOfChange(event: StoredEvent): Subject | null {
  if (event.event_type !== 'access.changed') return null;
  const { subjectKind, subjectId } = event.change_data;
  if (typeof subjectId !== 'string') return null;
  return { kind: subjectKind === 'api_key' ? 'api_key' : 'user', id: subjectId };
}

function actorIdOf({ kind, id }: Subject): string {
  return kind === 'api_key' ? `key:${id}` : `user:${id}`;
}

function subscriberOf(caller: Caller, places: Places): Subscriber {
  const { reach } = narrowTo(caller, 'realtime.join');
  return {
    actorId: actorIdOf(caller.subject),
    kind: caller.kind,
    expiresAtMs: caller.expiresAt?.getTime() ?? null,
    reach: {
      franchiseIds: new Set(reach.franchises),
      franchiseeIds: new Set(reach.franchisees),
      locationIds: new Set(reach.locations),
      userId: reach.userId,
    },
    brands: reach.memberships,
    async mayJoin(owner) {
      if (owner.kind === 'user') return reach.userId === owner.id;
      const target = await targetOf(owner, caller, places);
      return target !== null && may(caller, 'realtime.join', target);
    },
  };
}

/** Where in the tree a topic stands. Looked up as the caller, so that another brand's place does not even exist. */
async function targetOf({ kind, id }: TopicOwner, caller: Caller, places: Places): Promise<Target | null> {
  if (kind === 'franchise') return { franchiseId: id, franchiseeId: null, locationId: null };
  const place = await places.find(caller, id);
  const foundId = kind === 'location' ? place?.locationId : place?.franchiseeId;
  // A shop's id behind `franchisee:` names nothing, and neither does the reverse.
  return place !== null && foundId === id && (kind === 'location' || place.locationId === null) ? place : null;
}
