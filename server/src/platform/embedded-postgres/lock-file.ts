/**
 * PostgreSQL's own lock file, `postmaster.pid`: who runs this cluster, and whether it can be connected to.
 */
import { readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

/** The file as far as it concerns us. */
export type LockFile = { readonly pid: number; readonly port: number; readonly ready: boolean };

export async function readLock(cluster: string): Promise<LockFile | undefined> {
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
export async function isPostmaster(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === cluster;
  if (process.platform === 'win32') return isAlive(pid);
  const listed = await runProgram('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return listed?.includes(cluster) ?? false;
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
export async function disownLock(cluster: string, pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  const file = join(cluster, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [String(process.pid), ...lines.slice(1)].join('\n'));
}
