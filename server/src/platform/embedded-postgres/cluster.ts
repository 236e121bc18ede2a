/**
 * The database cluster on disk: made once by initdb, with passwords that never leave this machine.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { clusterDir, type Placement } from './placement.ts';
import { spawnOptions } from './run-as.ts';

const run = promisify(execFile);

/** `superuser` only sets the owner up; everything else, migrations included, is done by the owner. */
export type Passwords = { readonly superuser: string; readonly owner: string };

export const superuserName = 'postgres';

/** Makes the cluster unless it exists; returns its passwords, which lie beside it in a file of mode 600. */
export async function ensureCluster(placement: Placement, binaries: Binaries): Promise<Passwords> {
  const file = join(placement.home, 'passwords.json');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  const made = await stat(join(clusterDir(placement.home), 'PG_VERSION')).catch(() => undefined);
  if (made !== undefined && known !== undefined) return JSON.parse(known) as Passwords;
  if (made !== undefined) {
    throw new Error(
      `The database in ${placement.home} has lost its passwords (${file} is missing). ` +
        `Put that file back from a copy, or remove ${placement.home} to start with an empty database.`,
    );
  }
  const passwords: Passwords = { superuser: newPassword(), owner: newPassword() };
  await writeFile(file, JSON.stringify(passwords), { mode: 0o600 });
  await initialise({ placement, binaries, password: passwords.superuser });
  return passwords;
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** Runs initdb beside the final place and renames: a start that was killed in between leaves nothing half-made. */
async function initialise(options: { placement: Placement; binaries: Binaries; password: string }): Promise<void> {
  const { home, runAs } = options.placement;
  const partial = join(home, `cluster.${process.pid}.partial`);
  const passwordFile = `${partial}.password`;
  await rm(partial, { recursive: true, force: true });
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  if (runAs !== undefined) await chown(passwordFile, runAs.uid, runAs.gid);
  try {
    await run(options.binaries.initdb, initdbArguments(partial, passwordFile), {
      ...spawnOptions(runAs),
      env: cleanEnv(),
    });
    await rename(partial, clusterDir(home));
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim() || (cause as Error).message;
    throw new Error(`PostgreSQL could not make its data directory in ${home}: ${said}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(partial, { recursive: true, force: true });
  }
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
