// Serializer 1.0.0: text frames, one JSON object each. Server messages carry exactly topic, event, payload and ref, and
// no join_ref: a client of this version tells stale closes apart by `ref`, so a close carries its join's ref there.
import { type InboundMessage, isJsonObject, type Serializer } from './message.ts';
import { parseJson, toMessage } from './parse-message.ts';

export const serializerV1: Serializer = {
  vsn: '1.0.0',

  decode(data, isBinary): InboundMessage | null {
    if (isBinary) return null;
    const value = parseJson(data);
    if (!isJsonObject(value)) return null;
    const { join_ref: joinRef, ref, topic, event, payload } = value;
    return toMessage({ joinRef, ref, topic, event, payload }, data);
  },

  encodePush({ joinRef, topic, event, payloadJson }) {
    const ref = event === 'phx_close' || event === 'phx_error' ? JSON.stringify(joinRef) : 'null';
    return `{"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"payload":${payloadJson},"ref":${ref}}`;
  },

  encodeReply({ ref, topic }, reply) {
    return JSON.stringify({ topic, event: 'phx_reply', payload: reply, ref });
  },

  encodeBroadcast({ topic, event, content, meta, extra }) {
    if ('bytes' in content) return null;
    const payload = { ...extra, type: 'broadcast', event, payload: content.json ?? {}, ...(meta && { meta }) };
    return JSON.stringify({ topic, event: 'broadcast', payload, ref: null });
  },
};
