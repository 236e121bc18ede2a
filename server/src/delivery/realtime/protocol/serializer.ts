// Chooses the dialect of the wire for a socket. What a serializer is, is said in message.ts.
import type { Serializer } from './message.ts';
import { serializerV1 } from './serializer-v1.ts';
import { serializerV2 } from './serializer-v2.ts';

/**
 * The serializer for the handshake's `vsn`. Absent means 1.0.0, as Phoenix has it; so does anything unknown, because a
 * client that names a version nobody has will understand the oldest one soonest.
 */
export function serializerFor(vsn: string | null): Serializer {
  return vsn === '2.0.0' ? serializerV2 : serializerV1;
}
