// The socket to PostgreSQL: what is written within one tick leaves in one system call. A group commit sends up to eight
// statements at once; writing each by itself took a third of the server's time under single sales, and woke PostgreSQL
// as often.
import { Socket } from 'node:net';

export function gatheringSocket(): Socket {
  const socket = new Socket();
  const write = socket.write.bind(socket);
  const cork = socket.cork.bind(socket);
  const uncork = socket.uncork.bind(socket);
  let isGathering = false;

  function gather(): void {
    isGathering = true;
    cork();
    // After the promises that are settled now: they are what sends the next statement of the same group.
    process.nextTick(() => {
      isGathering = false;
      uncork();
    });
  }

  // Not before: connect() puts Node's own write() back.
  socket.once('connect', () => {
    Object.assign(socket, {
      // pg corks around each statement, and in Node the inner uncork() lets go of everything, whatever corked around it.
      cork: () => undefined,
      uncork: () => undefined,
      write(...what: Parameters<typeof write>): boolean {
        if (!isGathering) gather();
        return write(...what);
      },
    });
  });
  return socket;
}
