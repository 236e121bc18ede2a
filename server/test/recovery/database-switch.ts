// The address under which an application knows its database: it leads to one server, and after a failover to another. In
// production that is a virtual IP, a DNS name or a load balancer.
import { connect, createServer, type Socket } from 'node:net';

export interface DatabaseSwitch {
  readonly port: number;
  /** From now on the address leads there; connections that stand are reset. */
  turnTo(port: number): void;
  close(): Promise<void>;
}

export async function openDatabaseSwitch(firstPort: number): Promise<DatabaseSwitch> {
  let target = firstPort;
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const server = createServer((inward) => {
    const outward = connect(target, '127.0.0.1');
    for (const socket of [inward, outward]) keep(socket);
    inward.on('close', () => outward.destroy());
    outward.on('close', () => inward.destroy());
    inward.pipe(outward).pipe(inward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the switch has no port');
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: address.port,
    turnTo(port) {
      target = port;
      cut();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}
