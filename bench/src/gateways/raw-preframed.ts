// The ceiling of one write a delivery: the frame is made once, and written to each stream with nothing in between.
import { Rooms } from './rooms.ts';
import { serveGateway } from './serve-gateway.ts';

await serveGateway(async () => {
  const rooms = new Rooms((_, stream) => stream);
  return {
    server: rooms.server,
    take(messages) {
      for (const message of messages) {
        const frame = textFrame(message.text);
        for (const stream of rooms.membersOf(message)) stream.write(frame);
      }
    },
  };
});

/** A whole frame of up to 65,535 bytes, unmasked as servers send them. */
function textFrame(text: string): Buffer {
  const content = Buffer.from(text);
  const head = content.length < 126 ? Buffer.of(0x81, content.length) : Buffer.of(0x81, 126, 0, 0);
  if (content.length >= 126) head.writeUInt16BE(content.length, 2);
  return Buffer.concat([head, content]);
}
