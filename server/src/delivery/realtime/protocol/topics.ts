// What a topic's name means. `franchise:`, `franchisee:`, `location:` and `user:` with an id stand for a place or person
// and are authorised at join, and so is what hangs below one, `location:<id>:kitchen`. Any other name is free: its rows go
// by the subscriber's rights, and what is said there stays within the subscriber's franchise (rooms/room-address.ts).
import { topicBytesMax } from '../limits.ts';

export const ownerKinds = ['franchise', 'franchisee', 'location', 'user'] as const;

export interface TopicOwner {
  readonly kind: (typeof ownerKinds)[number];
  readonly id: string;
}

const prefix = 'realtime:';
const ownerPattern =
  /^(franchise|franchisee|location|user):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?::.*)?$/is;

/** The name that the user of a client gave, without the client's `realtime:`; null where the topic is not of that form. */
export function topicName(topic: string): string | null {
  return topic.startsWith(prefix) ? topic.slice(prefix.length) : null;
}

export function isTooLong(topic: string): boolean {
  return Buffer.byteLength(topic) > topicBytesMax;
}

/** Whom a name stands for; null for a free name. */
export function topicOwner(name: string): TopicOwner | null {
  const [, kind, id] = ownerPattern.exec(name) ?? [];
  const known = ownerKinds.find((each) => each === kind?.toLowerCase());
  return known === undefined || id === undefined ? null : { kind: known, id: id.toLowerCase() };
}

/** The topic on the wire of a name that a client's user gave. */
export function channelTopic(name: string): string {
  return `${prefix}${name}`;
}

/** The topic on which a person hears of notifications. */
export function userTopic(userId: string): string {
  return `${prefix}user:${userId}`;
}
