// Cuts what a server sends into WebSocket frames. Events are only counted, and skipped without being looked at or copied: a
// receiver that costs more than the sender would be what is measured.

export interface FrameListener {
  /** Whether a frame of so many bytes of content is counted only. */
  isCountedOnly(bytes: number): boolean;
  counted(): void;
  /** The content is valid during the call. */
  read(opcode: number, content: Buffer): void;
}

export class FrameReader {
  readonly #listener: FrameListener;
  /** The beginning of a frame whose rest has not come. */
  #begun: Buffer | null = null;
  /** Bytes still to come of a frame that is counted when it is whole. */
  #skip = 0;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** Takes the next bytes; the buffer may be reused afterwards. */
  take(bytes: Buffer): void {
    let chunk = bytes;
    let at = 0;
    if (this.#skip > 0) {
      at = Math.min(this.#skip, chunk.length);
      this.#skip -= at;
      if (this.#skip > 0) return;
      this.#listener.counted();
    }
    if (this.#begun !== null) {
      chunk = Buffer.concat([this.#begun, chunk.subarray(at)]);
      at = 0;
      this.#begun = null;
    }
    while (at < chunk.length) {
      const frame = frameAt(chunk, at);
      const countedOnly = frame !== null && this.#listener.isCountedOnly(frame.end - frame.start);
      if (frame === null || (frame.end > chunk.length && !countedOnly)) {
        this.#begun = Buffer.from(chunk.subarray(at));
        return;
      }
      at = frame.end;
      if (at > chunk.length) this.#skip = at - chunk.length;
      else if (countedOnly) this.#listener.counted();
      else this.#listener.read(frame.opcode, chunk.subarray(frame.start, frame.end));
    }
  }
}

/** Where the content of the frame at `at` starts and ends; null where its head is not whole. Server frames have no mask. */
function frameAt(chunk: Buffer, at: number): { opcode: number; start: number; end: number } | null {
  const [first, second] = [chunk[at], chunk[at + 1]];
  if (first === undefined || second === undefined) return null;
  const opcode = first & 0x0f;
  if (second < 126) return { opcode, start: at + 2, end: at + 2 + second };
  const start = at + (second === 126 ? 4 : 10);
  if (chunk.length < start) return null;
  const length = second === 126 ? chunk.readUInt16BE(at + 2) : Number(chunk.readBigUInt64BE(at + 2));
  return { opcode, start, end: start + length };
}

/** A client's text frame. Its mask is zero, which changes nothing. */
export function clientTextFrame(text: string): Buffer {
  return clientFrame(0x1, Buffer.from(text));
}

export function clientFrame(opcode: number, content: Buffer): Buffer {
  const isShort = content.length < 126;
  const head = Buffer.alloc(isShort ? 6 : 8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (isShort ? content.length : 126);
  if (!isShort) head.writeUInt16BE(content.length, 2);
  return Buffer.concat([head, content]);
}
