// A real nats-server on a port of its own, which a test can kill and whose files it can throw away.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NatsServer {
  readonly url: string;
  /** SIGKILL, and everything that it had on disk is removed. */
  killAndWipe(): Promise<void>;
  /** SIGSTOP: its connections stand, and nothing comes over them any more. */
  pause(): void;
  /** SIGCONT: what was sent meanwhile arrives. */
  resume(): void;
  /** Starts it on the same port, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface NatsServerOptions {
  /** Largest message, in bytes. */
  readonly payloadBytesMax?: number;
  readonly user?: string;
  readonly password?: string;
}

/** Resolves when it answers. Needs `nats-server` on the path: `apt-get install nats-server`. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const port = await freePort();
  const { user, password } = options;
  let running = await run(port, options);
  const kill = async (signal: NodeJS.Signals) => {
    const exited = once(running.process, 'exit');
    if (running.process.exitCode === null && running.process.signalCode === null && running.process.kill(signal))
      await exited;
    await rm(running.directory, { recursive: true, force: true });
  };
  return {
    url: `nats://${user === undefined ? '' : `${user}:${password ?? ''}@`}127.0.0.1:${port}`,
    killAndWipe: () => kill('SIGKILL'),
    pause: () => void running.process.kill('SIGSTOP'),
    resume: () => void running.process.kill('SIGCONT'),
    restart: async () => {
      running = await run(port, options);
    },
    stop: () => {
      running.process.kill('SIGCONT');
      return kill('SIGTERM');
    },
  };
}

interface Running {
  readonly process: ChildProcess;
  readonly directory: string;
}

async function run(port: number, { payloadBytesMax, user, password }: NatsServerOptions): Promise<Running> {
  const directory = await mkdtemp(join(tmpdir(), 'tillstream-nats-'));
  const config = join(directory, 'nats.conf');
  await writeFile(config, payloadBytesMax === undefined ? '' : `max_payload: ${payloadBytesMax}\n`);
  const login = user === undefined ? [] : ['--user', user, '--pass', password ?? ''];
  const process = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-c', config, ...login], {
    stdio: 'ignore',
  });
  const failed = once(process, 'error').then(([error]) => {
    throw new Error('nats-server does not start; on Debian: apt-get install nats-server', { cause: error });
  });
  await Promise.race([answering(port), failed]);
  return { process, directory };
}

/** Resolves at the first connection that is taken. */
async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nats-server has not answered for 5 s');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
