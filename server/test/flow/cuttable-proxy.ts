// A wire between client and server that a test can cut: neither side is told, as with a router that reboots.
import { connect, createServer, type Socket } from 'node:net';

export interface CuttableProxy {
  /** Where clients connect. */
  readonly url: string;
  /** Resets every connection that stands, and says how many there were. New ones are let through. */
  cut(): number;
  close(): Promise<void>;
}

/** Opens a proxy on a free port of 127.0.0.1 to the server at `target`. */
export async function openCuttableProxy(target: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((inward) => {
    const outward = connect(Number(port), hostname);
    const pair = [inward, outward] as const;
    pairs.add(pair);
    inward.pipe(outward).pipe(inward);
    for (const socket of pair) {
      // A reset shows as an error on the other half; both end together, which is all a wire knows.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        for (const half of pair) half.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const cut = () => {
    const standing = [...pairs];
    for (const socket of standing.flat()) socket.resetAndDestroy();
    return standing.length;
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}
