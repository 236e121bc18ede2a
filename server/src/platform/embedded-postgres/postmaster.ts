/**
 * The running server (PostgreSQL calls its first process the postmaster): started and found again.
 */
import { spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { cleanEnv } from './cluster.ts';
import { disownLock, isPostmaster, readLock } from './lock-file.ts';
import { type Placement, pgData } from './placement.ts';
import { spawnOptions } from './run-as.ts';
import { commandLine, type Settings } from './settings.ts';
import { endProcess } from './stop-postmaster.ts';

export type Server = { readonly placement: Placement; readonly binaries: Binaries; readonly settings: Settings };

/** Recovery after a crash replays up to max_wal_size of log: minutes on a slow disk, and killing it would only repeat it. */
const startMsMax = 300_000;
const pollMs = 20;
const logBytesMax = 10_000_000;
const logTailBytes = 4_000;

/**
 * Returns the port of the server of this cluster, starting it unless it runs. One that is starting or stopping is waited
 * for; PostgreSQL's lock file makes sure that two processes that call this at once end with one server.
 *
 * @throws {Error} with the server's own last words when it does not come up. When `signal` is aborted before it is ready,
 *   what was launched here has been stopped again.
 */
export async function ensureRunning(
  server: Server,
  { log, signal }: { log: (message: string) => void; signal: AbortSignal },
): Promise<{ port: number; adopted: boolean }> {
  const cluster = pgData(server.placement.home);
  const startedAt = performance.now();
  let launched: Launched | undefined;
  let told = startedAt;
  for (;;) {
    const lock = await readLock(cluster);
    const alive = lock !== undefined && (await isPostmaster(lock.pid, cluster));
    if (alive && lock.ready) return { port: lock.port, adopted: lock.pid !== launched?.pid };
    if (!alive && launched?.lastWords !== undefined) {
      if (!mayPass(launched.lastWords)) throw new Error(`PostgreSQL did not start. It said: ${launched.lastWords}`);
      launched = undefined;
    }
    if (!alive && launched === undefined) {
      if (lock !== undefined) await disownLock(cluster, lock.pid);
      launched = await launch(server);
    }
    // Nobody can use a server that is not ready, so it is ours alone to stop, however long its recovery would take.
    if (signal.aborted && launched !== undefined) await giveUp(server, launched);
    signal.throwIfAborted();
    const now = performance.now();
    if (now - startedAt > startMsMax) {
      throw new Error(`PostgreSQL is not ready after ${startMsMax / 1000} s; see ${logFile(server.placement.home)}`);
    }
    if (now - told > 10_000) {
      told = now;
      log('PostgreSQL is still starting (after a crash it first replays its log).');
    }
    await pause(pollMs);
  }
}

type Launched = { readonly pid: number | undefined; hasEnded: boolean; lastWords: string | undefined };

async function launch(server: Server): Promise<Launched> {
  const { home, runAs } = server.placement;
  const file = logFile(home);
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > logBytesMax) await rename(file, `${file}.1`);
  const output = await open(file, 'a', 0o600);
  const from = (await output.stat()).size;
  // A session of its own: Ctrl-C reaches every process of the terminal's group, and PostgreSQL takes it for "shut down
  // now", while the server still has requests to finish. It also lets PostgreSQL live when we are killed, to be adopted.
  const child = spawn(
    server.binaries.postgres,
    ['-D', pgData(home), ...commandLine(server.settings, await freePort())],
    {
      ...spawnOptions(runAs),
      env: cleanEnv(),
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    },
  );
  child.unref();
  const launched: Launched = { pid: child.pid, hasEnded: false, lastWords: undefined };
  const ended = async (reason: string) => {
    launched.hasEnded = true;
    const said = (await readFile(file)).subarray(from).subarray(-logTailBytes).toString('utf8').trim();
    launched.lastWords = said === '' ? reason : said;
  };
  child.once('error', (error) => void ended(error.message));
  child.once('exit', (code, signal) => void ended(`it ended with ${signal ?? `exit code ${code}`}.`));
  await output.close();
  return launched;
}

/** By the process itself: it may be so young that it has written no lock file yet. */
async function giveUp(server: Server, launched: Launched): Promise<void> {
  if (launched.pid === undefined) return;
  await endProcess(server, { pid: launched.pid, hasGone: async () => launched.hasEnded });
}

/**
 * Whether a failed start may simply be repeated: somebody took the port, another process of ours started the same server
 * first, or backends of a killed postmaster have not yet noticed its death.
 */
function mayPass(lastWords: string): boolean {
  return /could not bind|could not create any TCP|lock file "postmaster.pid" already exists|shared memory block/.test(
    lastWords,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}

function logFile(home: string): string {
  return join(home, 'postgres.log');
}
