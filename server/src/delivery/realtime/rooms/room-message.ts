// What nodes tell each other about a room, as bytes: JSON, raw broadcasts in base64. It comes from another process, perhaps
// of another version, so it is checked; what cannot be read is ignored.
import { z } from 'zod';
import type { BroadcastContent, JsonObject } from '../protocol/message.ts';

/** One thing that a member shows of itself. */
export interface PresenceEntry {
  /** Unique among all entries of all nodes. */
  readonly ref: string;
  readonly key: string;
  readonly meta: JsonObject;
  /** The entry that it took the place of. */
  readonly replaces: string | null;
}

export type RoomMessage =
  | { kind: 'broadcast'; event: string; content: BroadcastContent; extra: JsonObject }
  /** What changed on the node; `version` counts its changes in this room, so that a lost one is noticed. */
  | { kind: 'presence'; node: string; version: number; joins: PresenceEntry[]; leaves: string[] }
  /** Everything that the node has in this room. */
  | { kind: 'presence-all'; node: string; version: number; entries: PresenceEntry[] }
  /** Whoever has something in this room is asked for all of it. */
  | { kind: 'presence-ask' }
  /** On the nodes' own room: the node lives, was cut off for a while and tells anew what it has, or is about to stop. */
  | { kind: 'alive'; node: string }
  | { kind: 'restored'; node: string }
  | { kind: 'gone'; node: string };

const jsonObject = z.record(z.string(), z.unknown());
const entry = z.object({ ref: z.string(), key: z.string(), meta: jsonObject, replaces: z.string().nullable() });
const node = z.string().min(1).max(64);
const version = z.int();

const roomMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('broadcast'),
    event: z.string(),
    content: z.union([
      z.object({ bytes: z.base64().transform((text) => Buffer.from(text, 'base64')) }),
      z.object({ json: z.unknown() }),
    ]),
    extra: jsonObject,
  }),
  z.object({ kind: z.literal('presence'), node, version, joins: z.array(entry), leaves: z.array(z.string()) }),
  z.object({ kind: z.literal('presence-all'), node, version, entries: z.array(entry) }),
  z.object({ kind: z.literal('presence-ask') }),
  z.object({ kind: z.literal('alive'), node }),
  z.object({ kind: z.literal('restored'), node }),
  z.object({ kind: z.literal('gone'), node }),
]);

export function encodeRoomMessage(message: RoomMessage): Uint8Array {
  if (message.kind !== 'broadcast' || !('bytes' in message.content)) return Buffer.from(JSON.stringify(message));
  return Buffer.from(JSON.stringify({ ...message, content: { bytes: message.content.bytes.toString('base64') } }));
}

/** Null for what is no message. */
export function decodeRoomMessage(bytes: Uint8Array): RoomMessage | null {
  try {
    return roomMessage.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null;
  }
}
