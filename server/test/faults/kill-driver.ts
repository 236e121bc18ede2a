// A real server as its own process on a data directory of its own, to be killed at any moment: Node alone, which leaves
// PostgreSQL running to be adopted, or Node and PostgreSQL's first process, which leaves a crash to recover from.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/index.ts';

export const serverFolder = fileURLToPath(new URL('../../', import.meta.url));

export type Victim = 'node' | 'node and postgres';

/** A data directory, named so that the next test run sweeps up after one that was killed (harness/test-server.ts). */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), `tillstream-test-${process.pid}-`));
  // As root, PostgreSQL runs as somebody else, who must be able to pass.
  await chmod(dataDir, 0o711);
  return dataDir;
}

/** Stops whatever PostgreSQL still runs there and removes it all. */
export async function removeDataDir(dataDir: string): Promise<void> {
  if ((await postmasterOf(dataDir)) !== null) {
    await (await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log: () => undefined })).stop();
  }
  await rm(dataDir, { recursive: true, force: true });
}

/** What a process of ours gets to see of this one's environment: nothing that would send it to another database. */
export function environmentFor(dataDir: string, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { DATABASE_URL: _database, NODE_OPTIONS: _options, ...inherited } = process.env;
  return {
    ...inherited,
    TILLSTREAM_DATA_DIR: dataDir,
    TILLSTREAM_LOG_LEVEL: 'error',
    TILLSTREAM_PRIVATE_VENDORS: 'on',
    ...more,
  };
}

export interface KillableServer {
  /** The same after every restart, as a till has it in its settings. */
  readonly url: string;
  readonly dataDir: string;
  /** Resolves when it takes requests. */
  start(): Promise<void>;
  /** SIGKILL; resolves when the victims are dead. */
  kill(victim: Victim): Promise<void>;
  /** Lets it drain and end, if it runs. */
  stop(): Promise<void>;
  /** Everything that it said since its last start, for the message of a failure. */
  said(): string;
}

const startMsMax = 120_000;

/** Starts `src/main.ts`, without the demo. `main` takes another program in its place. */
export async function startKillableServer(
  dataDir: string,
  {
    main = join(serverFolder, 'src/main.ts'),
    environment = {},
  }: { main?: string; environment?: Record<string, string> } = {},
): Promise<KillableServer> {
  let child: ChildProcess | null = null;
  let text = '';
  let url = '';

  async function start(): Promise<void> {
    text = '';
    const port = url === '' ? '0' : new URL(url).port;
    const started = spawn(process.execPath, [main], {
      env: environmentFor(dataDir, { TILLSTREAM_PORT: port, TILLSTREAM_DEMO: 'off', ...environment }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    const live = Promise.withResolvers<string>();
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const address = /live at (http:\S+)/.exec(text)?.[1];
        if (address !== undefined) live.resolve(address);
      });
    }
    started.once('exit', () => live.reject(new Error(`The server ended instead of starting: ${text}`)));
    const tooLate = setTimeout(() => live.reject(new Error(`The server is not live: ${text}`)), startMsMax);
    url = await live.promise.finally(() => clearTimeout(tooLate));
  }

  await start();
  return {
    get url() {
      return url;
    },
    dataDir,
    start,
    async kill(victim) {
      // The database first: its death must not be a shutdown that a living server asked for.
      if (victim === 'node and postgres') await killPostgres(dataDir);
      if (child !== null) await killAndWait(child);
      child = null;
    },
    async stop() {
      if (child === null) return;
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
      child.kill('SIGTERM');
      await ended;
      child = null;
    },
    said: () => text,
  };
}

export async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Kills PostgreSQL's first process; its others end by themselves when they notice. */
async function killPostgres(dataDir: string): Promise<void> {
  const pid = await postmasterOf(dataDir);
  if (pid === null) throw new Error(`no PostgreSQL runs in ${dataDir}`);
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await pause(5);
}

async function postmasterOf(dataDir: string): Promise<number | null> {
  const file = join(dataDir, 'postgres/cluster/data/postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 && isAlive(pid) ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
