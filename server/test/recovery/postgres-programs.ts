// PostgreSQL's own programs, which backup and restore are made of. The embedded server's package has the server alone, so
// these are the system's (Debian's package), of any version that Tillstream supports.
import { execFile } from 'node:child_process';
import { accessSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chooseRunAs, spawnOptions } from '../../src/platform/embedded-postgres/run-as.ts';

const run = promisify(execFile);

export type Program = 'initdb' | 'pg_ctl' | 'pg_dump' | 'pg_restore' | 'pg_basebackup';

const root = '/usr/lib/postgresql';
const oldest = 15;

/** The directory of the newest version that is installed whole, or null. */
export function findPrograms(): string | null {
  if (!existsSync(root)) return null;
  const versions = readdirSync(root).map(Number);
  for (const version of versions.filter((each) => each >= oldest).sort((a, b) => b - a)) {
    const folder = join(root, String(version), 'bin');
    if (['initdb', 'pg_ctl', 'pg_dump', 'pg_basebackup'].every((name) => isThere(join(folder, name)))) return folder;
  }
  return null;
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Where `npm test` installs them by itself, their absence is a failure; elsewhere it is said in one line. */
export const mustHavePrograms = process.getuid?.() === 0 && existsSync('/etc/debian_version');

export const missingPrograms =
  'Backup and restore were not tried: they need PostgreSQL 15 or newer with its programs (Debian: apt-get install postgresql).';

/** Runs one of them to its end, as the user that may run a server; answers what it printed. */
export async function runProgram(
  name: Program,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const folder = findPrograms();
  if (folder === null) throw new Error(missingPrograms);
  const { stdout } = await run(join(folder, name), [...words], {
    ...spawnOptions(await chooseRunAs(join(root, 'nobody owns this'))),
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...environment },
    maxBuffer: 20_000_000,
  }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`${name} ${words.join(' ')} failed: ${error.stderr || error.message}`, { cause: error });
  });
  return stdout;
}
