// From a committed event to frames that are owed to those who may see them: match, group, frame once, owe. Runs to its end
// without waiting, so events reach each socket in the order of the log.
import type { StoredEvent } from '../../../events/index.ts';
import { frame } from '../protocol/frame.ts';
import type { Broadcast } from '../protocol/message.ts';
import { userTopic } from '../protocol/topics.ts';
import type { Audience } from './audience.ts';
import type { Audiences } from './audiences.ts';
import { type Change, changesOf } from './change.ts';
import { changeDataJson, changePayloadJson } from './change-message.ts';
import type { FeedTable } from './feed.ts';
import type { Owing } from './owing.ts';
import { recipientOf } from './reach.ts';
import type { Subscription, SubscriptionIndex } from './subscription-index.ts';

export interface Hall {
  readonly tables: ReadonlyMap<string, FeedTable>;
  readonly index: SubscriptionIndex;
  readonly audiences: Audiences;
  readonly owing: Owing;
  /** Bytes of JSON beyond which only a change's small values are told. */
  readonly changeBytesMax: number;
}

/** Owes the event to everybody who asked for it, until `owing` is settled; returns the number of frames owed. */
export function deliverEvent(hall: Hall, event: StoredEvent): number {
  let deliveries = 0;
  const isWatched = (table: string) => hall.index.isWatched(table);
  for (const change of changesOf(event, hall.tables, isWatched)) deliveries += deliverChange(hall, change);
  const notification = notificationOf(event);
  if (notification !== null) deliveries += deliverBroadcast(hall, notification);
  return deliveries;
}

/** A broadcast that the log gives rise to; its event's id tells a repetition. */
export interface LogBroadcast extends Broadcast {
  meta: { id: string };
}

/** Owes a broadcast of the log to everybody on its topic, in the public room and the private one alike. */
function deliverBroadcast({ audiences, owing }: Hall, broadcast: LogBroadcast): number {
  let deliveries = 0;
  const frames = new Map<string, Buffer | null>();
  const { id } = broadcast.meta;
  for (const { serializer, members } of audiences.onTopic(broadcast.topic)) {
    const framed = remember(frames, serializer.vsn, () => {
      const encoded = serializer.encodeBroadcast(broadcast);
      return encoded === null ? null : frame(encoded);
    });
    if (framed === null) continue;
    // What was owed before comes before.
    owing.settle();
    for (const member of members) member.push(framed, id);
    deliveries += members.size;
  }
  return deliveries;
}

function deliverChange(hall: Hall, change: Change): number {
  const matches = hall.index.match(change);
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return deliverToOne(hall, change, only);
  let deliveries = 0;
  const data = new Map<string, string>();
  const frames = new Map<string, Buffer>();
  for (const { audience, select, ids } of groupMatches(matches)) {
    const columns = select === null ? '*' : [...select].join();
    const dataJson = remember(data, columns, () => changeDataJson(change, select, hall.changeBytesMax));
    const { serializer, topic } = audience;
    const framed = remember(frames, `${serializer.vsn} ${ids.join()} ${columns} ${topic}`, () =>
      frame(encodeChange(audience, ids, dataJson)),
    );
    hall.owing.owe(audience, framed);
    deliveries += audience.members.size;
  }
  return deliveries;
}

/** The usual case: everybody who watches a shop's shelves has asked for the same, and nothing is shared with others. */
function deliverToOne(hall: Hall, change: Change, { audience, binding }: Subscription): number {
  const dataJson = changeDataJson(change, binding.select, hall.changeBytesMax);
  hall.owing.owe(audience, encodeChange(audience, [binding.id], dataJson));
  return audience.members.size;
}

function encodeChange({ serializer, topic }: Audience, ids: readonly number[], dataJson: string): string {
  const payloadJson = changePayloadJson(ids, dataJson);
  return serializer.encodePush({ joinRef: null, topic, event: 'postgres_changes', payloadJson });
}

interface Group {
  readonly audience: Audience;
  readonly select: ReadonlySet<string> | null;
  readonly ids: number[];
}

/** One frame a channel, change and choice of columns: the ids of all bindings that it is for go together. */
function groupMatches(matches: readonly Subscription[]): Group[] {
  const groups = new Map<Audience, Group[]>();
  for (const { audience, binding } of matches) {
    const ofAudience = remember(groups, audience, () => []);
    const group = ofAudience.find((each) => sameColumns(each.select, binding.select));
    if (group !== undefined) group.ids.push(binding.id);
    else ofAudience.push({ audience, select: binding.select, ids: [binding.id] });
  }
  return [...groups.values()].flat();
}

function sameColumns(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): boolean {
  return a === b || (a !== null && b !== null && a.size === b.size && a.isSubsetOf(b));
}

/** The in-app message that a new row of the queue is, for the screens of the person it is for. */
export function notificationOf(event: StoredEvent): LogBroadcast | null {
  const [recipient] = recipientOf(event);
  if (recipient === undefined || event.operation !== 'INSERT' || event.record === null) return null;
  if (event.record['delivery_method'] !== 'in_app') return null;
  return {
    topic: userTopic(recipient),
    event: 'notification',
    content: { json: event.record },
    meta: { id: event.id },
  };
}

function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
