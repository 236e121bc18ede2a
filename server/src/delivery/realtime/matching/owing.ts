// What a batch of events owes to each audience. It is handed to the members at the end of the batch, joined: in a rush a
// socket is owed a hundred frames at once, and handing them over one by one cost more than framing them.
import { frameBytes, writeFrame } from '../protocol/frame.ts';
import type { Audience } from './audience.ts';

/** Longest piece in bytes; a single frame may be longer. Longer ones would be too much for a socket's queue at once. */
const pieceBytesMax = 65_536;

/** A whole frame, which other audiences may be owed too, or the text of one that is for a single audience. */
type Owed = Buffer | string;

interface Piece {
  readonly owed: Owed[];
  bytes: number;
}

export class Owing {
  readonly #pieces = new Map<Audience, Piece[]>();

  owe(audience: Audience, owed: Owed): void {
    // Counted now and not when it is written: the text has just been made, and is near the processor still.
    const bytes = typeof owed === 'string' ? frameBytes(owed) : owed.length;
    const pieces = this.#pieces.get(audience);
    const last = pieces?.at(-1);
    if (pieces === undefined) this.#pieces.set(audience, [{ owed: [owed], bytes }]);
    else if (last === undefined || last.bytes + bytes > pieceBytesMax) pieces.push({ owed: [owed], bytes });
    else {
      last.owed.push(owed);
      last.bytes += bytes;
    }
  }

  /** Hands everything over, to each member in the order in which it was owed. */
  settle(): void {
    for (const [{ members }, pieces] of this.#pieces) {
      const joined = pieces.map(join);
      for (const member of members) for (const piece of joined) member.push(piece);
    }
    this.#pieces.clear();
  }
}

/** Each frame is written to its place, and none made by itself: a buffer of its own costs more than what is in it. */
function join({ owed, bytes }: Piece): Buffer {
  const [only] = owed;
  if (owed.length === 1 && only instanceof Buffer) return only;
  const joined = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const each of owed) {
    if (typeof each === 'string') at = writeFrame(joined, each, at);
    else at += each.copy(joined, at);
  }
  return joined;
}
