// The socket to PostgreSQL: what is written within one tick leaves in one system call. A group commit sends up to eight
// statements at once; writing each by itself took a third of the server's time under single sales, and woke PostgreSQL
// as often.
import { Socket } from 'node:net';

export function gatheringSocket(): Socket {
  const socket = new Socket();
  const write = socket.write.bind(socket);
  let isGathering = false;

  function gather(): void {
    isGathering = true;
    socket.cork();
    // After the promises that are settled now: they are what sends the next statement of the same group.
    process.nextTick(() => {
      isGathering = false;
      socket.uncork();
    });
  }

  return Object.assign(socket, {
    write(...what: Parameters<typeof write>): boolean {
      if (!isGathering && !socket.connecting) gather();
      return write(...what);
    },
  });
}
