// All audiences of this node. Entering one is what makes a join live: from then on the member is owed every matching event.

import type { FrameSink } from '../writing/channel-sink.ts';
import type { Audience, AudienceWish } from './audience.ts';
import { logTable } from './change.ts';
import { personalTable, reachKey } from './reach.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

export class Audiences {
  readonly #index: SubscriptionIndex;
  readonly #byKey = new Map<string, Audience>();
  readonly #byTopic = new Map<string, Set<Audience>>();
  readonly #keys = new Map<Audience, string>();

  constructor(index: SubscriptionIndex) {
    this.#index = index;
  }

  /** From the moment this returns, the member is owed every matching event. */
  enter(member: FrameSink, asked: AudienceWish): Audience {
    const wish = isPersonal(asked) ? asked : { ...asked, reach: { ...asked.reach, userId: null } };
    const key = audienceKey(wish);
    const audience = this.#byKey.get(key) ?? this.#open(key, wish);
    audience.members.add(member);
    return audience;
  }

  leave(member: FrameSink, audience: Audience): void {
    audience.members.delete(member);
    if (audience.members.size > 0) return;
    this.#index.remove(audience);
    const key = this.#keys.get(audience);
    if (key !== undefined) this.#byKey.delete(key);
    this.#keys.delete(audience);
    const others = this.#byTopic.get(audience.topic);
    others?.delete(audience);
    if (others?.size === 0) this.#byTopic.delete(audience.topic);
  }

  onTopic(topic: string): Iterable<Audience> {
    return this.#byTopic.get(topic) ?? [];
  }

  #open(key: string, wish: AudienceWish): Audience {
    const audience: Audience = { ...wish, members: new Set() };
    this.#byKey.set(key, audience);
    this.#keys.set(audience, key);
    const others = this.#byTopic.get(wish.topic) ?? new Set();
    this.#byTopic.set(wish.topic, others.add(audience));
    this.#index.add(audience);
    return audience;
  }
}

/** Where nothing can be shown that is addressed to a person, people with the same places are owed the same frames. */
function isPersonal({ bindings }: AudienceWish): boolean {
  // The log shows its person's notifications as rows of its own.
  return bindings.some(({ tables }) => tables.some(({ name }) => name === personalTable || name === logTable));
}

function audienceKey({ topic, serializer, reach, bindings }: AudienceWish): string {
  const wishes = bindings.map(({ id, tables, operations, equalities, conditions, select }) => [
    id,
    tables.map((table) => table.name),
    [...operations],
    equalities.map(({ column, values }) => [column, ...values]),
    conditions.map(({ key }) => key),
    select && [...select],
  ]);
  return JSON.stringify([serializer.vsn, topic, reachKey(reach), wishes]);
}
