// From the bytes of a frame to a message, for both serializers. Nothing here throws: a client's mistake costs it that one
// message, never its connection.
import { isNestedDeeper } from '../../../platform/json-depth.ts';
import { jsonDepthMax } from '../limits.ts';
import type { InboundMessage } from './message.ts';

/** The value of a text frame, or undefined where it is not JSON: a client's typing error must not end its connection. */
export function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}

const tooDeep = `a message is nested at most ${jsonDepthMax} deep`;

/** Why a text is not taken although it is JSON; null where it is. */
export function faultOf(json: Buffer): string | null {
  return isNestedDeeper(json, jsonDepthMax) ? tooDeep : null;
}

/**
 * A message out of unchecked members, or null; `text` is the frame they came in. Refs are opaque strings; old clients send
 * them as numbers, which are taken as their text because that is what their JSON comparison expects back.
 */
export function toMessage(
  parts: Record<Exclude<keyof InboundMessage, 'fault'>, unknown>,
  text: Buffer,
): InboundMessage | null {
  const { topic, event, payload } = parts;
  if (typeof topic !== 'string' || typeof event !== 'string') return null;
  const told = { joinRef: toRef(parts.joinRef), ref: toRef(parts.ref), topic, event };
  const fault = faultOf(text);
  return fault === null ? { ...told, payload } : { ...told, payload: null, fault };
}

function toRef(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  // A ref is echoed in every reply: an absurdly long one would be an amplifier, and no client makes one.
  return typeof value === 'string' && value.length > 0 && value.length <= 255 ? value : null;
}
