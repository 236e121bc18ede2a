// A measured gateway as the bench sees it: where it listens, its feed, and what it has used so far.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AskedProcess } from '../ground/asked-process.ts';

/** `memory` collects garbage first. */
export type GatewayQuestion = { readonly what: 'cpu' | 'memory' | 'stop' };

export interface GatewayUsage {
  /** Of the processor since the start, user and system, in µs. */
  readonly cpuUs: number;
  readonly rssBytes: number;
  /** JavaScript's heap and what hangs on it outside. */
  readonly heapBytes: number;
}

/** The first answer has the ports. */
export interface GatewayAnswer extends GatewayUsage {
  readonly port: number;
  readonly feedPort: number;
}

export interface GatewayProcess {
  readonly port: number;
  /** Lines `ROOM TEXT`; ours takes any line for word of a commit. */
  readonly feed: Socket;
  ask(what: 'cpu' | 'memory'): Promise<GatewayUsage>;
  stop(): Promise<void>;
}

/** Where to leave a CPU profile of each gateway, for whoever wants to know where the time goes. */
const profileDir = process.env['BENCH_PROFILE_DIR'];

export async function startGateway(program: URL, argument = ''): Promise<GatewayProcess> {
  const profiling = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
  const child = new AskedProcess<GatewayQuestion, GatewayAnswer>(program, {
    argument,
    nodeFlags: ['--expose-gc', ...profiling],
  });
  const { port, feedPort } = await child.hear();
  const feed = connect({ host: '127.0.0.1', port: feedPort, noDelay: true });
  await once(feed, 'connect');
  return {
    port,
    feed,
    ask: (what) => child.hear({ what }),
    async stop() {
      feed.destroy();
      await child.stop({ what: 'stop' });
    },
  };
}
