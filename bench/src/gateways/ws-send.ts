// What most programs do: a loop of `ws.send`, which frames and writes each delivery by itself.
import { Rooms } from './rooms.ts';
import { serveGateway } from './serve-gateway.ts';

await serveGateway(async () => {
  const rooms = new Rooms((webSocket) => webSocket);
  return {
    server: rooms.server,
    take(messages) {
      for (const message of messages) for (const webSocket of rooms.membersOf(message)) webSocket.send(message.text);
    },
  };
});
