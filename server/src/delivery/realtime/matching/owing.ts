// What a batch of events owes to each audience. It is handed to the members at the end of the batch, joined: in a rush a
// socket is owed a hundred frames at once, and handing them over one by one cost more than framing them.
import type { Audience } from './audience.ts';

/** Longest piece in bytes; a single frame may be longer. Longer ones would be too much for a socket's queue at once. */
const pieceBytesMax = 65_536;

export class Owing {
  readonly #frames = new Map<Audience, Buffer[]>();

  owe(audience: Audience, frame: Buffer): void {
    const frames = this.#frames.get(audience);
    if (frames === undefined) this.#frames.set(audience, [frame]);
    else frames.push(frame);
  }

  /** Hands everything over, to each member in the order in which it was owed. */
  settle(): void {
    for (const [{ members }, frames] of this.#frames) {
      const pieces = frames.length === 1 ? frames : join(frames);
      for (const member of members) for (const piece of pieces) member.push(piece);
    }
    this.#frames.clear();
  }
}

function join(frames: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const frame of frames) {
    bytes += frame.length;
    if (bytes > pieceBytesMax) {
      pieces.push([]);
      bytes = frame.length;
    }
    pieces.at(-1)?.push(frame);
  }
  return pieces.map((piece) => Buffer.concat(piece));
}
