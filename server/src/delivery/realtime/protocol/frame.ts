// WebSocket framing, once for however many sockets are owed the same bytes: server frames are neither masked nor, here,
// compressed, so a frame is the same for all of them. Framed by `ws` itself, which exports its Sender without a type.
import { Sender } from 'ws';
import type { Encoded } from './message.ts';

declare module 'ws' {
  export const Sender: {
    frame(data: Buffer, options: { fin: boolean; opcode: number; mask: boolean; rsv1: boolean }): Buffer[];
  };
}

const textOpcode = 1;
const binaryOpcode = 2;

/** The whole frame as one buffer: two buffers a frame would double the entries of every vectored write. */
export function frame(content: Encoded): Buffer {
  const isText = typeof content === 'string';
  const data = isText ? Buffer.from(content) : content;
  const parts = Sender.frame(data, { fin: true, opcode: isText ? textOpcode : binaryOpcode, mask: false, rsv1: false });
  return Buffer.concat(parts);
}
