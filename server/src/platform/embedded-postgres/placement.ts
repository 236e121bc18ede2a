/**
 * Where the embedded server's files live: in the given directory, or, where the user that runs PostgreSQL cannot get there
 * (a checkout in a home of mode 700), in a directory of its own below /var/lib/tillstream.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canEnter, chooseRunAs, type RunAs } from './run-as.ts';

export type Placement = { readonly home: string; readonly runAs: RunAs | undefined };

/** Below `home`: the database cluster with its passwords, in one folder so that it appears and disappears as one. */
export const clusterDir = (home: string): string => join(home, 'cluster');

/** PostgreSQL's own data directory, in its terms PGDATA. */
export const pgData = (home: string): string => join(clusterDir(home), 'data');

const elsewhereRoot = '/var/lib/tillstream';

/** Left in the given directory when the files live elsewhere. Removing it, like removing the directory, means: start anew. */
type Note = { readonly home: string; readonly id: string };
const noteIn = (dir: string): string => join(dir, 'lives-elsewhere.json');

/**
 * Decides where the files of `dataDir` live and as whom PostgreSQL runs, and makes that directory.
 *
 * @throws {Error} when data exist here that the user who must run PostgreSQL can no longer reach.
 */
export async function placeFiles(dataDir: string, log: (message: string) => void): Promise<Placement> {
  // 711: another user may pass through to the database without seeing what else lies here.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const dir = await realpath(dataDir);
  const runAs = await chooseRunAs(pgData(dir));
  if (runAs === undefined) return { home: dir, runAs };

  const noted = await followNote(dir);
  if (noted !== undefined) return { home: noted, runAs: await chooseRunAs(pgData(noted)) };

  const reachable = await canEnter(runAs, dirname(dir));
  if (reachable) {
    await giveTo(runAs, dir);
    return { home: dir, runAs };
  }
  if (await exists(clusterDir(dir))) {
    throw new Error(
      `The database in ${dir} belongs to the user ${runAs.name}, who can no longer get there. ` +
        `Make the directories above it passable (chmod o+x), or remove ${dir} to start with an empty database.`,
    );
  }
  return { home: await moveElsewhere({ dir, runAs, log }), runAs };
}

async function moveElsewhere(options: { dir: string; runAs: RunAs; log: (message: string) => void }): Promise<string> {
  const { dir, runAs, log } = options;
  const home = join(elsewhereRoot, createHash('sha256').update(dir).digest('hex').slice(0, 16));
  if (await exists(home)) {
    // No note leads here, so the checkout that it belonged to was removed. Its data are not ours to use or to delete.
    const aside = `${home}.left-${randomUUID().slice(0, 8)}`;
    await rename(home, aside);
    log(`Set aside ${aside}: the database of an earlier directory at ${dir}. Delete it if nobody needs it.`);
  }
  const note: Note = { home, id: randomUUID() };
  await mkdir(home, { recursive: true, mode: 0o711 });
  // Explicit, because a strict umask would have taken the right to pass.
  await chmod(elsewhereRoot, 0o711);
  await giveTo(runAs, home);
  // The note comes last: without it the next start begins anew instead of using a half-made directory.
  for (const path of [noteIn(home), noteIn(dir)]) await writeFile(path, `${JSON.stringify(note, null, 2)}\n`);
  log(`PostgreSQL runs as ${runAs.name}, who cannot reach ${dir}: the database lives in ${home}.`);
  return home;
}

/** Returns where the note in `dir` leads, if both ends agree that they belong together. */
async function followNote(dir: string): Promise<string | undefined> {
  const here = await readNote(dir);
  if (here === undefined) return undefined;
  const there = await readNote(here.home);
  return there?.id === here.id ? here.home : undefined;
}

async function readNote(dir: string): Promise<Note | undefined> {
  const text = await readFile(noteIn(dir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Note);
}

async function giveTo(runAs: RunAs, dir: string): Promise<void> {
  await chown(dir, runAs.uid, runAs.gid);
  await chmod(dir, 0o711);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
