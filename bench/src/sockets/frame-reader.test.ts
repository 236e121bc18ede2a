import { describe, expect, it } from 'vitest';
import { clientFrame, FrameReader } from './frame-reader.ts';

const event = 'e'.repeat(400);
const big = 'b'.repeat(70_000);

/** As `ws` makes them for a client. */
function serverFrame(text: string): Buffer {
  const content = Buffer.from(text);
  if (content.length < 126) return Buffer.concat([Buffer.of(0x81, content.length), content]);
  const head = content.length < 65_536 ? Buffer.of(0x81, 126, 0, 0) : Buffer.of(0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0);
  if (content.length < 65_536) head.writeUInt16BE(content.length, 2);
  else head.writeBigUInt64BE(BigInt(content.length), 2);
  return Buffer.concat([head, content]);
}

describe('FrameReader', () => {
  const sent = ['hello', event, event, 'a word', event, big, ''];
  const bytes = Buffer.concat(sent.map(serverFrame));

  it.each([1, 2, 3, 7, 399, 404, 405, 65_536, bytes.length])('finds every frame in pieces of %i bytes', (size) => {
    const read: string[] = [];
    let counted = 0;
    const reader = new FrameReader({
      isCountedOnly: (length) => length === event.length,
      counted: () => {
        counted++;
      },
      read: (opcode, content) => read.push(`${opcode} ${content.toString()}`),
    });
    // One buffer for all, as a socket with `onread` has it: nothing may be kept of it.
    const piece = Buffer.alloc(size);
    for (let at = 0; at < bytes.length; at += size) {
      const length = bytes.copy(piece, 0, at, at + size);
      reader.take(piece.subarray(0, length));
      piece.fill(0);
    }
    expect(counted).toBe(3);
    expect(read).toEqual(['hello', 'a word', big, ''].map((text) => `1 ${text}`));
  });

  it('makes frames that a server accepts: final, masked with zeros', () => {
    expect(clientFrame(1, Buffer.from('ab'))).toEqual(Buffer.of(0x81, 0x82, 0, 0, 0, 0, 97, 98));
    expect(clientFrame(1, Buffer.from(event)).subarray(0, 8)).toEqual(Buffer.of(0x81, 0xfe, 1, 0x90, 0, 0, 0, 0));
  });
});
