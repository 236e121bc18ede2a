// WebSocket framing (RFC 6455, section 5.2), once for however many sockets are owed the same bytes: server frames are
// neither masked nor, here, compressed, so a frame is the same for all of them.
import type { Encoded } from './message.ts';

const finalText = 0x81;
const finalBinary = 0x82;

/** The whole frame as one buffer: two buffers a frame would double the entries of every vectored write. */
export function frame(content: Encoded): Buffer {
  const length = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const framed = Buffer.allocUnsafe(headBytes + length);
  framed[0] = typeof content === 'string' ? finalText : finalBinary;
  if (headBytes === 2) framed[1] = length;
  else if (headBytes === 4) {
    framed[1] = 126;
    framed.writeUInt16BE(length, 2);
  } else {
    framed[1] = 127;
    framed.writeBigUInt64BE(BigInt(length), 2);
  }
  if (typeof content === 'string') framed.write(content, headBytes);
  else content.copy(framed, headBytes);
  return framed;
}
