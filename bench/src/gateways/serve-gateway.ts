// The side of a measured gateway that all of them have in common: it listens for sockets, takes messages on a feed from the
// generator, and tells what it has used. A process of its own, so that its processor time and memory are its own.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import type { GatewayAnswer, GatewayQuestion } from './gateway-process.ts';

export interface FeedMessage {
  readonly room: string;
  readonly text: string;
}

export interface Gateway {
  /** Takes the WebSockets; it listens when it is handed over or begins to. */
  readonly server: Server;
  /** What one read of the feed brought, in order. */
  take(messages: readonly FeedMessage[]): void;
  stop?(): Promise<void>;
}

/** `start` makes the gateway from the program's argument. Ends the process when the parent says so or is gone. */
export async function serveGateway(start: (argument: string) => Promise<Gateway>): Promise<void> {
  const gateway = await start(process.argv[2] ?? '');
  const feed = createServer((socket) => {
    let rest = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      gateway.take(lines.map(toMessage));
    });
  });
  for (const each of [gateway.server, feed]) await once(each.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  const ports = { port: portOf(gateway.server), feedPort: portOf(feed) };
  process.on('message', ({ what }: GatewayQuestion) => {
    if (what === 'stop') void stop();
    else answer({ ...ports, ...usage(what === 'memory') });
  });
  process.once('disconnect', () => process.exit(1));
  answer({ ...ports, ...usage(false) });

  async function stop(): Promise<void> {
    await gateway.stop?.();
    // Not by ending what is open: ten thousand farewells would be waited for. The profiler writes at this exit, too.
    process.exit(0);
  }
}

function answer(message: GatewayAnswer): void {
  process.send?.(message);
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a gateway listens on a port');
  return address.port;
}

function toMessage(line: string): FeedMessage {
  const at = line.indexOf(' ');
  return { room: line.slice(0, at), text: line.slice(at + 1) };
}

function usage(wantsMemory: boolean): Pick<GatewayAnswer, 'cpuUs' | 'rssBytes' | 'heapBytes'> {
  const { user, system } = process.cpuUsage();
  // Garbage is not what a socket needs, nor the room for it that V8 keeps after a rush of joins: it would give it back by
  // and by. Two rounds, because finalisers of the first free more.
  const everything = { type: 'major', execution: 'sync', flavor: 'last-resort' } as const;
  if (wantsMemory) for (let round = 0; round < 2; round++) globalThis.gc?.(everything);
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed + external };
}
