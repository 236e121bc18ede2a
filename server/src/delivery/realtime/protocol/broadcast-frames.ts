// The binary frames of serializer 2.0.0: kind 3, a client's broadcast, in; kind 4, a broadcast for a client, out. Each
// begins with its kind and one-byte lengths, which count UTF-8 bytes, then the named parts, then the payload to the end.
import { isUtf8 } from 'node:buffer';
import { type Broadcast, type BroadcastContent, type InboundMessage, isJsonObject } from './message.ts';
import { faultOf, parseJson } from './parse-message.ts';

const kindUserBroadcastPush = 3;
const kindUserBroadcast = 4;
const encodingRaw = 0;
const encodingJson = 1;
const pushHeaderBytes = 7;
const broadcastHeaderBytes = 5;
const partBytesMax = 255;

/**
 * Reads a kind-3 frame into the message that a text `broadcast` would have been: payload `{type, event, payload}` with
 * the members of the metadata beside them; raw content is a Buffer. Where content or metadata are not what they say, the
 * message has a fault. Null where the frame is another kind, is cut short, or its names are not UTF-8.
 */
export function decodeBroadcastPush(data: Buffer): InboundMessage | null {
  if (data.length < pushHeaderBytes || data[0] !== kindUserBroadcastPush) return null;
  const parts = readParts(data, { lengthsAt: 1, count: 5, bodyAt: pushHeaderBytes });
  if (parts === null) return null;
  const [joinRef, ref, topic, event, metadata] = parts.texts as [string, string, string, string, string];
  const told = {
    joinRef: joinRef === '' ? null : joinRef,
    ref: ref === '' ? null : ref,
    topic,
    event: 'broadcast',
  };
  const body = data.subarray(parts.end);
  const fault = data[6] === encodingRaw ? null : faultOf(body);
  if (fault !== null) return { ...told, payload: null, fault };
  const content = decodeContent(body, data[6] ?? encodingRaw);
  const meta = metadata === '' ? {} : parseJson(Buffer.from(metadata));
  if (content === undefined) return { ...told, payload: null, fault: 'the content is not JSON' };
  if (!isJsonObject(meta)) {
    return { ...told, payload: null, fault: 'the metadata is not a JSON object' };
  }
  return { ...told, payload: { ...meta, type: 'broadcast', event, payload: content } };
}

/** A kind-4 frame; null where a name or the metadata does not fit its one-byte length (text must be sent then). */
export function encodeUserBroadcast({ topic, event, content, meta }: Broadcast): Buffer | null {
  const names = [topic, event, meta === undefined ? '' : JSON.stringify(meta)].map((text) => Buffer.from(text));
  if (names.some((name) => name.length > partBytesMax)) return null;
  const header = Buffer.alloc(broadcastHeaderBytes);
  header[0] = kindUserBroadcast;
  names.forEach((name, index) => {
    header[1 + index] = name.length;
  });
  header[4] = 'bytes' in content ? encodingRaw : encodingJson;
  return Buffer.concat([header, ...names, encodeContent(content)]);
}

function encodeContent(content: BroadcastContent): Buffer {
  return 'bytes' in content ? content.bytes : Buffer.from(JSON.stringify(content.json ?? {}));
}

function decodeContent(body: Buffer, encoding: number): unknown {
  if (encoding === encodingRaw) return Buffer.from(body);
  return encoding === encodingJson ? parseJson(body) : undefined;
}

function readParts(data: Buffer, layout: { lengthsAt: number; count: number; bodyAt: number }) {
  const texts: string[] = [];
  let end = layout.bodyAt;
  for (let part = 0; part < layout.count; part++) {
    const start = end;
    end += data[layout.lengthsAt + part] ?? 0;
    const bytes = data.subarray(start, end);
    if (end > data.length || !isUtf8(bytes)) return null;
    texts.push(bytes.toString('utf8'));
  }
  return { texts, end };
}
