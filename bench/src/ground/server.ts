// The server under measurement: a process of its own with its own defaults, started as an operator starts it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

export interface MeasuredServer {
  readonly url: string;
  stop(): Promise<void>;
}

function environment(databaseUrl: string, dataDir: string, further: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = {
    DATABASE_URL: databaseUrl,
    TILLSTREAM_PORT: '0',
    TILLSTREAM_DEMO: 'off',
    TILLSTREAM_DATA_DIR: dataDir,
    TILLSTREAM_PRIVATE_VENDORS: 'on',
  };
  // What the caller has set for a server of theirs is not what is measured here.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TILLSTREAM_'));
  return { ...Object.fromEntries(inherited), ...own, ...further };
}

/** `profileDir`: where Node leaves a CPU profile of the server when it stops; null for none. */
export async function startServer(
  databaseUrl: string,
  profileDir: string | null = null,
  further: NodeJS.ProcessEnv = {},
): Promise<MeasuredServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tillstream-bench-server-'));
  const profiling = profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
  const server = spawn(process.execPath, [...profiling, 'server/src/main.ts'], {
    cwd: root,
    env: environment(databaseUrl, dataDir, further),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(server);
  return {
    url,
    async stop() {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Reads on after the address has come: a pipe that nobody reads fills up, and then a line of the log blocks the server. */
function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`The server ended with ${code} before it listened.`)));
    if (server.stdout === null) throw new Error('the output of the server is not piped');
    createInterface(server.stdout).on('line', (line) => {
      const [, url] = /live at (http:\S+)/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
}

/** One word or more of `npm run tillstream --`, on a database; answers what it prints. */
export async function tillstream(databaseUrl: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['server/src/cli.ts', ...words], {
    cwd: root,
    env: environment(databaseUrl, tmpdir()),
  });
  return stdout.trim();
}
