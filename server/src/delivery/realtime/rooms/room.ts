// One room on this node: its members, and what they hear and see of each other. Each message is framed once for each
// serializer, however many hear it.

import { frame } from '../protocol/frame.ts';
import type { Broadcast, Serializer } from '../protocol/message.ts';
import type { FrameSink } from '../writing/channel-sink.ts';
import type { PresenceEntry } from './room-message.ts';
import { type PresenceDiff, presenceDiff, type RoomPresence } from './room-presence.ts';

export interface RoomMember {
  readonly topic: string;
  readonly serializer: Serializer;
  readonly sink: FrameSink;
  readonly hearsItself: boolean;
  readonly seesPresence: boolean;
  readonly presenceKey: string;
  /** What it shows of itself; the room's business. */
  shown: PresenceEntry | null;
}

/** What is said, without the topic: everybody in a room has the same one. */
export type Told = Pick<Broadcast, 'event' | 'content'> & { readonly extra: Record<string, unknown> };

export class Room {
  readonly address: string;
  readonly members = new Set<RoomMember>();
  readonly presence: RoomPresence;

  constructor(address: string, presence: RoomPresence) {
    this.address = address;
    this.presence = presence;
  }

  /** Owes the message to the members, the sender excepted unless it hears itself. Returns how many. */
  hear({ event, content, extra }: Told, sender: RoomMember | null): number {
    const frames = new Map<Serializer, Buffer | null>();
    let deliveries = 0;
    for (const member of this.members) {
      if (member === sender && !member.hearsItself) continue;
      const { serializer, topic } = member;
      let framed = frames.get(serializer);
      if (framed === undefined) {
        const encoded = serializer.encodeBroadcast({ topic, event, content, extra });
        framed = encoded === null ? null : frame(encoded);
        frames.set(serializer, framed);
      }
      if (framed === null) continue;
      member.sink.push(framed);
      deliveries++;
    }
    return deliveries;
  }

  /** Tells the members who came and went; those who did not ask for presence would only pile it up. */
  seePresence(diff: PresenceDiff): number {
    const payloadJson = JSON.stringify(presenceDiff(diff));
    const frames = new Map<Serializer, Buffer>();
    let deliveries = 0;
    for (const { seesPresence, serializer, sink, topic } of this.members) {
      if (!seesPresence) continue;
      let framed = frames.get(serializer);
      if (framed === undefined) {
        framed = frame(serializer.encodePush({ joinRef: null, topic, event: 'presence_diff', payloadJson }));
        frames.set(serializer, framed);
      }
      sink.push(framed);
      deliveries++;
    }
    return deliveries;
  }
}
