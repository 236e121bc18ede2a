// A client's broadcast, from a socket or by HTTP, as the room gets it; what cannot be passed on is refused with the reason.
import { Refusal } from '../errors.ts';
import { eventNameBytesMax } from '../limits.ts';
import { isJsonObject } from '../protocol/message.ts';
import type { Told } from './room.ts';

/**
 * Reads `{type, event, payload, …}`. A missing payload is `{}`; a Buffer is raw bytes. Throws Refusal: PayloadTooLarge
 * beyond `bytesMax`, else InvalidMessage.
 */
export function readBroadcast(message: unknown, bytesMax: number): Told {
  if (!isJsonObject(message)) throw new Refusal('InvalidMessage', 'a broadcast is an object with event and payload');
  // `meta` is the server's word, and `ids` at this place would be taken for a change of a row by the receivers.
  const { type: _type, event, payload, persist, meta: _meta, ids: _ids, ...extra } = message;
  if (typeof event !== 'string') throw new Refusal('InvalidMessage', 'a broadcast needs the name of its event');
  if (Buffer.byteLength(event) > eventNameBytesMax) {
    throw new Refusal('InvalidMessage', `the name of an event has at most ${eventNameBytesMax} bytes`);
  }
  if (persist !== undefined && persist !== false) {
    throw new Refusal('InvalidMessage', 'broadcasts are not stored; leave "persist" out');
  }
  const content = Buffer.isBuffer(payload) ? { bytes: payload } : { json: payload ?? {} };
  const size = 'bytes' in content ? content.bytes.length : jsonBytes([content.json, extra]);
  if (size > bytesMax) throw new Refusal('PayloadTooLarge', `a broadcast has at most ${bytesMax} bytes`);
  return { event, content, extra };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
