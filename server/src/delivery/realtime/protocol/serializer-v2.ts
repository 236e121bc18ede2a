// Serializer 2.0.0: JSON arrays [join_ref, ref, topic, event, payload] as text, and user broadcasts as binary frames
// (broadcast-frames.ts). No other binary frame may ever be sent: the client throws inside its message handler on one,
// and its socket then stops delivering.
import { decodeBroadcastPush, encodeUserBroadcast } from './broadcast-frames.ts';
import type { Serializer } from './message.ts';
import { parseJson, toMessage } from './parse-message.ts';

export const serializerV2: Serializer = {
  vsn: '2.0.0',

  decode(data, isBinary) {
    if (isBinary) return decodeBroadcastPush(data);
    const value = parseJson(data);
    // Extra trailing elements are ignored, as the original does.
    if (!Array.isArray(value) || value.length < 5) return null;
    const [joinRef, ref, topic, event, payload] = value as unknown[];
    return toMessage({ joinRef, ref, topic, event, payload }, data);
  },

  encodePush({ joinRef, topic, event, payloadJson }) {
    const join = JSON.stringify(joinRef);
    // phx_close and phx_error are ignored by the client when their ref is neither null nor the join's own.
    const ref = event === 'phx_close' || event === 'phx_error' ? join : 'null';
    return `[${join},${ref},${JSON.stringify(topic)},${JSON.stringify(event)},${payloadJson}]`;
  },

  encodeReply({ joinRef, ref, topic }, reply) {
    return JSON.stringify([joinRef, ref, topic, 'phx_reply', reply]);
  },

  encodeBroadcast(broadcast) {
    const { topic, event, content, meta, extra = {} } = broadcast;
    const isPlain = 'bytes' in content || Object.keys(extra).length === 0;
    const binary = isPlain ? encodeUserBroadcast(broadcast) : null;
    if (binary !== null || 'bytes' in content) return binary;
    const payload = { ...extra, type: 'broadcast', event, payload: content.json ?? {}, ...(meta && { meta }) };
    return JSON.stringify([null, null, topic, 'broadcast', payload]);
  },
};
