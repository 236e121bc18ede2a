// The end of the line for what one channel is owed. Usually it hands frames on to the socket's writer. It can hold them back
// for a while: while messages of before the join are fetched, while a decision on rights is open, and between a token's
// end and the next token. Its bound keeps a channel that nobody releases from growing.
import type { BatchedWriter } from './batched-writer.ts';

/** Takes whole frames; `id` names a message that could come twice. */
export interface FrameSink {
  push(frame: Buffer, id?: string): void;
}

interface Held {
  readonly frame: Buffer;
  readonly id: string | undefined;
}

export class ChannelSink implements FrameSink {
  readonly #writer: BatchedWriter;
  readonly #heldBytesMax: number;
  #held: Held[] | null = null;
  #heldBytes = 0;
  #hasLost = false;
  #told: ReadonlySet<string> | null = null;

  constructor(writer: BatchedWriter, heldBytesMax: number) {
    this.#writer = writer;
    this.#heldBytesMax = heldBytesMax;
  }

  push(frame: Buffer, id?: string): void {
    if (this.#held === null) this.#hand(frame, id);
    else if (this.#hasLost) return;
    else if (this.#heldBytes + frame.length > this.#heldBytesMax) this.#lose();
    else {
      this.#held.push({ frame, id });
      this.#heldBytes += frame.length;
    }
  }

  /** From now on nothing gets through. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets everything through again, what was held first. False where it was more than could be held, and is lost. */
  release(): boolean {
    const held = this.#held ?? [];
    const isWhole = !this.#hasLost;
    this.#open();
    for (const { frame, id } of held) this.#hand(frame, id);
    return isWhole;
  }

  /** Lets everything through again but what was held. False where there was anything. */
  discard(): boolean {
    const wasEmpty = !this.#hasLost && (this.#held ?? []).length === 0;
    this.#open();
    return wasEmpty;
  }

  /** Messages with these ids have been told already, and are not told again for as long as the channel lives. */
  suppress(ids: ReadonlySet<string>): void {
    this.#told = ids;
  }

  #hand(frame: Buffer, id: string | undefined): void {
    if (id === undefined || this.#told?.has(id) !== true) this.#writer.push(frame);
  }

  #lose(): void {
    this.#hasLost = true;
    this.#held = [];
  }

  #open(): void {
    this.#held = null;
    this.#heldBytes = 0;
    this.#hasLost = false;
  }
}
