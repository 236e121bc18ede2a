// A file as its lines, in constant memory: bytes, because what cannot be booked is kept as the bytes it came as.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { SalesFile } from './survey-file.ts';

export interface Line {
  /** From 1, blank lines counted, as editors count. */
  readonly number: number;
  /** Without its line break. */
  readonly bytes: Buffer;
  /** Longer than `lineBytesMax`; `bytes` is its beginning. */
  readonly isCut: boolean;
  /** How much of the text has been read with it, in bytes. */
  readonly end: number;
}

/** A sale that is longer could not come in over HTTP either, whose body ends there. */
export const lineBytesMax = 4 * 1_048_576;

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Every line that is not blank. A byte order mark is no part of the first one. */
export async function* readLines(
  { path, isGzip }: Pick<SalesFile, 'path' | 'isGzip'>,
  bytesMax: number = lineBytesMax,
): AsyncGenerator<Line> {
  const raw = createReadStream(path);
  const unpacked = createGunzip();
  // pipe() leaves errors of the file where they are; they have to reach whoever reads the unpacked text.
  const chunks = isGzip ? raw.on('error', (error) => unpacked.destroy(error)).pipe(unpacked) : raw;
  const collected = new LineCollector(bytesMax);
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      collected.add(chunk.subarray(from, at), 1);
      from = at + 1;
      const line = collected.take();
      if (line !== null) yield line;
    }
    collected.add(chunk.subarray(from), 0);
  }
  const last = collected.take();
  if (last !== null) yield last;
}

class LineCollector {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #kept = 0;
  #isCut = false;
  #number = 0;
  #end = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @param breakBytes of the line break that was read behind the part. */
  add(part: Buffer, breakBytes: number): void {
    this.#end += part.length + breakBytes;
    const room = this.#bytesMax - this.#kept;
    if (part.length > room) this.#isCut = true;
    const kept = part.subarray(0, room);
    this.#parts.push(kept);
    this.#kept += kept.length;
  }

  /** The line that was collected, or null where it is blank; begins the next one. */
  take(): Line | null {
    const [only] = this.#parts;
    let bytes = this.#parts.length === 1 && only ? only : Buffer.concat(this.#parts);
    this.#number += 1;
    if (bytes.at(-1) === carriageReturn) bytes = bytes.subarray(0, -1);
    if (this.#number === 1 && bytes.subarray(0, 3).equals(byteOrderMark)) bytes = bytes.subarray(3);
    const line = { number: this.#number, bytes, isCut: this.#isCut, end: this.#end };
    this.#parts = [];
    this.#kept = 0;
    this.#isCut = false;
    return isBlank(bytes) ? null : line;
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}
