// WebSocket framing (RFC 6455, section 5.2), once for however many sockets are owed the same bytes: server frames are
// neither masked nor, here, compressed, so a frame is the same for all of them.
import type { Encoded } from './message.ts';

const finalText = 0x81;
const finalBinary = 0x82;

/** The whole frame as one buffer: two buffers a frame would double the entries of every vectored write. */
export function frame(content: Encoded): Buffer {
  const bytes = contentBytes(content);
  const framed = Buffer.allocUnsafe(headBytes(bytes) + bytes);
  writeFrame(framed, content, 0);
  return framed;
}

/** The size of the whole frame. */
export function frameBytes(content: Encoded): number {
  const bytes = contentBytes(content);
  return headBytes(bytes) + bytes;
}

function contentBytes(content: Encoded): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.length;
}

function headBytes(bytes: number): number {
  if (bytes < 126) return 2;
  return bytes < 65_536 ? 4 : 10;
}

/** Writes the whole frame at that place, and returns where it ends. */
export function writeFrame(framed: Buffer, content: Encoded, start: number): number {
  const bytes = contentBytes(content);
  const head = headBytes(bytes);
  framed[start] = typeof content === 'string' ? finalText : finalBinary;
  if (head === 2) framed[start + 1] = bytes;
  else if (head === 4) {
    framed[start + 1] = 126;
    framed.writeUInt16BE(bytes, start + 2);
  } else {
    framed[start + 1] = 127;
    framed.writeBigUInt64BE(BigInt(bytes), start + 2);
  }
  if (typeof content === 'string') framed.write(content, start + head);
  else content.copy(framed, start + head);
  return start + head + bytes;
}
