// From the bytes of a frame to a message, for both serializers. Nothing here throws: a client's mistake costs it that one
// message, never its connection.
import type { InboundMessage } from './message.ts';

/** The value of a text frame, or undefined where it is not JSON: a client's typing error must not end its connection. */
export function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * A message out of unchecked members, or null. Refs are opaque strings; old clients send them as numbers, which are
 * taken as their text because that is what their JSON comparison expects back.
 */
export function toMessage(parts: Record<keyof InboundMessage, unknown>): InboundMessage | null {
  const { topic, event, payload } = parts;
  if (typeof topic !== 'string' || typeof event !== 'string') return null;
  return { joinRef: toRef(parts.joinRef), ref: toRef(parts.ref), topic, event, payload };
}

function toRef(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  // A ref is echoed in every reply: an absurdly long one would be an amplifier, and no client makes one.
  return typeof value === 'string' && value.length > 0 && value.length <= 255 ? value : null;
}
