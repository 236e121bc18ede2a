import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { gatheringSocket } from './gathering-socket.ts';

test('what is written in one turn leaves in one system call, also where the writer corks around parts of it', async () => {
  const arrived: string[] = [];
  const server = createServer((peer) => peer.on('data', (bytes) => arrived.push(bytes.toString()))).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const socket = gatheringSocket();
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const [one, several] = [vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev')];
  const statement = async (name: string) => {
    socket.cork();
    socket.write(`parse ${name};`);
    socket.write(`run ${name};`);
    socket.uncork();
  };
  await Promise.all([statement('a'), statement('b').then(() => statement('c'))]);
  const text = 'parse a;run a;parse b;run b;parse c;run c;';
  await vi.waitFor(() => expect(arrived.join('')).toBe(text));
  expect([one.mock.calls.length, several.mock.calls.length]).toEqual([0, 1]);
  socket.destroy();
  server.close();
});
