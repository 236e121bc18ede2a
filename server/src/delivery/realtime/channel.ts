// One join of one topic on one socket. A rejoin is another channel: what arrives for the old one, by its join_ref, is no
// longer anybody's.
import type { Audience } from './audience.ts';
import type { CompiledBinding } from './compile-binding.ts';
import type { InboundMessage } from './message.ts';
import type { Subscriber } from './subscriber.ts';

export interface Channel {
  readonly topic: string;
  readonly joinRef: string | null;
  readonly bindings: readonly CompiledBinding[];
  /** Null while the join is being decided, and when it is over. */
  live: LiveChannel | null;
  /** Counts the decisions on its rights, so that one which took long does not undo a later one. */
  decision: number;
  /** Rights changed while the join was being decided: decide again as soon as it is live. */
  isDoubtful: boolean;
}

export interface LiveChannel {
  /** What it stands on: the key or token last taken. */
  readonly token: string | null;
  readonly subscriber: Subscriber;
  readonly audience: Audience;
}

/** Whether a message speaks of this join; some clients send no join_ref, which is taken as "the current". */
export function isForChannel(channel: Channel, message: InboundMessage): boolean {
  return message.joinRef === null || message.joinRef === channel.joinRef;
}
