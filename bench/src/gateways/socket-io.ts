// Socket.IO with its rooms, on WebSockets only and with its defaults otherwise.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { serveGateway } from './serve-gateway.ts';

await serveGateway(async () => {
  const server = createServer();
  const io = new Server(server, { transports: ['websocket'] });
  io.on('connection', (socket) => {
    socket.on('join', async (room: string) => {
      await socket.join(room);
      socket.emit('joined');
    });
  });
  return {
    server,
    take(messages) {
      for (const { room, text } of messages) io.to(room).emit('event', text);
    },
  };
});
