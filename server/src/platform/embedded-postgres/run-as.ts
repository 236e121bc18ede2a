/**
 * Whose processes the embedded server's are. PostgreSQL refuses to run as root (a flaw in it would own the machine), yet
 * containers and fresh virtual machines run everything as root: then it runs as another operating system user.
 */
import { stat } from 'node:fs/promises';
import { runProgram } from './run-program.ts';

/** An operating system user, by the ids that `spawn` takes. */
export type RunAs = { readonly name: string; readonly uid: number; readonly gid: number };

/** Debian's and Alpine's packages make `postgres`; `nobody` exists everywhere. */
const candidates = ['postgres', 'nobody'];

/**
 * Returns the user that PostgreSQL must run as, or undefined where it can run as the present one (anybody but root).
 * A cluster that exists keeps its owner: PostgreSQL accepts a data directory from nobody else.
 *
 * @throws {Error} when this is root and no unprivileged user can be found.
 */
export async function chooseRunAs(pgData: string): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(pgData).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  for (const name of candidates) {
    const found = await lookUp(name);
    if (found !== undefined) return found;
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and none of the users ${candidates.join(', ')} exists here. ` +
      'Create one (useradd --system postgres), start as an ordinary user, or set DATABASE_URL.',
  );
}

/** `id` is asked rather than /etc/passwd, so that users from directories and macOS's own database are found as well. */
async function lookUp(name: string): Promise<RunAs | undefined> {
  try {
    const uid = await runProgram('id', ['-u', name]);
    const gid = await runProgram('id', ['-g', name]);
    return { name, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}

/** What to add to `spawn`'s options. The working directory is one that every user can enter. */
export function spawnOptions(runAs: RunAs | undefined): { uid?: number; gid?: number; cwd?: string } {
  return runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid, cwd: '/' };
}

/** Whether that user can enter `dir`: asked of the kernel, because mode bits tell nothing about access lists or mounts. */
export async function canEnter(runAs: RunAs, dir: string): Promise<boolean> {
  return runProgram('/bin/sh', ['-c', 'test -x "$0"', dir], spawnOptions(runAs)).then(
    () => true,
    () => false,
  );
}
