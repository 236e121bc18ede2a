/**
 * The database cluster on disk: made once by initdb, with passwords that never leave this machine.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { clusterDir, type Placement, pgData } from './placement.ts';
import { spawnOptions } from './run-as.ts';
import { runProgram } from './run-program.ts';

/** `superuser` only sets the owner up; everything else, migrations included, is done by the owner. */
export type Passwords = { readonly superuser: string; readonly owner: string };

export const superuserName = 'postgres';

const passwordsIn = (cluster: string): string => join(cluster, 'passwords.json');

/**
 * Makes the cluster unless it exists; returns its passwords, which lie in it in a file of mode 600.
 *
 * It is made beside its place and then renamed: a start that is killed leaves nothing half-made, and of two starts at once
 * one wins whole.
 */
export async function ensureCluster(options: {
  placement: Placement;
  binaries: Binaries;
  signal: AbortSignal;
}): Promise<Passwords> {
  const { placement, binaries, signal } = options;
  const cluster = clusterDir(placement.home);
  if (!(await exists(cluster))) {
    const partial = `${cluster}.${randomUUID()}.partial`;
    try {
      await makeCluster({ placement, binaries, signal, directory: partial });
      await rename(partial, cluster);
    } catch (cause) {
      await rm(partial, { recursive: true, force: true, maxRetries: 5 });
      signal.throwIfAborted();
      if (!(await exists(cluster))) {
        const said = (cause as Error).message;
        throw new Error(`PostgreSQL could not make its data directory in ${placement.home}: ${said}`, { cause });
      }
    }
  }
  await removePartial(placement.home);
  return readPasswords(placement.home);
}

async function readPasswords(home: string): Promise<Passwords> {
  const file = passwordsIn(clusterDir(home));
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined && (await exists(join(pgData(home), 'PG_VERSION')))) return JSON.parse(text) as Passwords;
  throw new Error(
    `The database in ${clusterDir(home)} is incomplete: ${text === undefined ? file : pgData(home)} is missing. ` +
      'Put it back from a copy, or remove that directory to start with an empty database.',
  );
}

async function makeCluster(options: {
  placement: Placement;
  binaries: Binaries;
  signal: AbortSignal;
  directory: string;
}): Promise<void> {
  const { directory, binaries, signal } = options;
  const { runAs } = options.placement;
  const passwords: Passwords = { superuser: newPassword(), owner: newPassword() };
  const passwordFile = join(directory, 'initdb.password');
  await mkdir(directory);
  await chmod(directory, 0o711);
  await writeFile(passwordFile, passwords.superuser, { mode: 0o600 });
  if (runAs !== undefined) {
    for (const path of [directory, passwordFile]) await chown(path, runAs.uid, runAs.gid);
  }
  const commandLine = initdbArguments(join(directory, 'data'), passwordFile);
  await runProgram(binaries.initdb, commandLine, { ...spawnOptions(runAs), env: cleanEnv(), signal });
  await rm(passwordFile);
  await writeFile(passwordsIn(directory), JSON.stringify(passwords), { mode: 0o600 });
}

/** Removes what killed starts left. Another start's work in progress may be among it: that one finds ours instead. */
async function removePartial(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (/^cluster\..*\.partial$/.test(name))
      await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

function initdbArguments(directory: string, passwordFile: string): string[] {
  return [
    `--pgdata=${directory}`,
    `--username=${superuserName}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Text is compared by code point and by rules compiled into PostgreSQL. An operating system's locale may change its
    // order with an update, which silently corrupts every index on text; upper() and lower() still know all of Unicode.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
  ];
}

/** PostgreSQL's programs obey PGDATA, PGPORT, PGOPTIONS and their like: nothing of the caller's may reach them. */
export function cleanEnv(): NodeJS.ProcessEnv | undefined {
  return process.platform === 'win32' ? undefined : { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
