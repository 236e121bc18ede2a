// Subscribers who are owed the very same frames: same serializer, topic, bindings and rights. Matching and framing is done
// once for an audience, so what a delivery costs is one push into a queue.

import type { Serializer } from '../protocol/message.ts';
import type { FrameSink } from '../writing/channel-sink.ts';
import type { CompiledBinding } from './compile-binding.ts';
import type { Reach } from './reach.ts';

export interface AudienceWish {
  readonly topic: string;
  readonly serializer: Serializer;
  readonly reach: Reach;
  readonly bindings: readonly CompiledBinding[];
}

export interface Audience extends AudienceWish {
  readonly members: Set<FrameSink>;
}
