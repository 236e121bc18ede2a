/**
 * The running server (PostgreSQL calls its first process the postmaster): started, found again, stopped.
 */
import { execFile, spawn } from 'node:child_process';
import { open, readFile, readlink, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { cleanEnv } from './cluster.ts';
import { type Placement, pgData } from './placement.ts';
import { spawnOptions } from './run-as.ts';
import { commandLine, type Settings } from './settings.ts';

const run = promisify(execFile);

export type Server = { readonly placement: Placement; readonly binaries: Binaries; readonly settings: Settings };

/** Recovery after a crash replays up to max_wal_size of log: minutes on a slow disk, and killing it would only repeat it. */
const startMsMax = 300_000;
const pollMs = 20;
const logBytesMax = 10_000_000;
const logTailBytes = 4_000;
const fastStopSeconds = 60;

/** PostgreSQL's own lock file, `postmaster.pid`, as far as it concerns us. */
type LockFile = { readonly pid: number; readonly port: number; readonly ready: boolean };

/**
 * Returns the port of the server of this cluster, starting it unless it runs. One that is starting or stopping is waited
 * for; PostgreSQL's lock file makes sure that two processes that call this at once end with one server.
 *
 * @throws {Error} with the server's own last words when it does not come up.
 */
export async function ensureRunning(
  server: Server,
  log: (message: string) => void,
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

/** Stops the server of this cluster, if it runs; returns when it has gone. */
export async function stopRunning(server: Pick<Server, 'placement' | 'binaries'>): Promise<void> {
  const cluster = pgData(server.placement.home);
  const lock = await readLock(cluster);
  if (lock === undefined || !(await isPostmaster(lock.pid, cluster))) return;
  const stop = (mode: string, seconds: number) =>
    run(server.binaries.pgCtl, ['stop', `--pgdata=${cluster}`, `--mode=${mode}`, '--wait', `--timeout=${seconds}`], {
      ...spawnOptions(server.placement.runAs),
      env: cleanEnv(),
    });
  // Fast ends the sessions and writes a checkpoint. Where that hangs (a dying disk), immediate leaves the rest to recovery.
  await stop('fast', fastStopSeconds).catch(() => stop('immediate', 10));
  while (await isPostmaster(lock.pid, cluster)) await pause(pollMs);
}

type Launched = { readonly pid: number | undefined; lastWords: string | undefined };

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
  const launched: Launched = { pid: child.pid, lastWords: undefined };
  const ended = async (reason: string) => {
    const said = (await readFile(file)).subarray(from).subarray(-logTailBytes).toString('utf8').trim();
    launched.lastWords = said === '' ? reason : said;
  };
  child.once('error', (error) => void ended(error.message));
  child.once('exit', (code, signal) => void ended(`it ended with ${signal ?? `exit code ${code}`}.`));
  await output.close();
  return launched;
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

async function readLock(cluster: string): Promise<LockFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const lines = text?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Whether that process is the postmaster of this cluster. The number alone proves nothing: after a reboot, and in
 * containers nearly always, another program has it. A postmaster works in its data directory, which Linux shows.
 */
async function isPostmaster(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === cluster;
  if (process.platform === 'win32') return isAlive(pid);
  const listed = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return listed?.stdout.includes(cluster) ?? false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * A lock file whose process number now belongs to a stranger would make PostgreSQL refuse to start. Deleting it would also
 * delete the shared memory's name, by which PostgreSQL notices backends that outlived their postmaster and still write.
 * With our own number in it PostgreSQL takes the file as stale (a parent cannot hold it) and makes that check all the same.
 */
async function disownLock(cluster: string, pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  const file = join(cluster, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [String(process.pid), ...lines.slice(1)].join('\n'));
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
