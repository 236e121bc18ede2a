// Which room a channel stands in. A topic that names a place or person is one room for everybody whom its join lets in. Any
// other name is one room for each franchise, so that two brands whose programs happen to use the same name never hear each
// other. Public and private channels of one name stand in rooms of their own.
import { createHash } from 'node:crypto';
import type { Subscriber } from '../channels/subscriber.ts';
import { topicName, topicOwner } from '../protocol/topics.ts';

/** The room's name among all nodes; null where it cannot be told which franchise's room is meant. */
export function roomAddress(topic: string, isPrivate: boolean, { brands }: Pick<Subscriber, 'brands'>): string | null {
  const isPlace = topicOwner(topicName(topic) ?? '') !== null;
  const [brand, ...others] = brands;
  if (!isPlace && (brand === undefined || others.length > 0)) return null;
  return createHash('sha256')
    .update(JSON.stringify([isPrivate, isPlace ? '' : brand, topic]))
    .digest('base64url');
}
