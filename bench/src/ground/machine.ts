// What a figure was measured on: without it, a figure compares with nothing.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Lines about machine and versions; the last ones are what `pg_test_fsync` says, where it is installed. */
export async function describeMachine(postgresVersion: string): Promise<string[]> {
  const processors = cpus();
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    `Node ${process.versions.node}, PostgreSQL ${postgresVersion} (fsync, synchronous_commit and full_page_writes on)`,
    `${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `load before the bench ${load.join(' ')}`,
    ...(await testFsync()),
  ];
}

async function testFsync(): Promise<string[]> {
  const program = findTestFsync();
  if (program === null) return ['pg_test_fsync is not installed (Debian: apt-get install postgresql)'];
  const file = join(tmpdir(), `tillstream-fsync-${process.pid}`);
  try {
    const { stdout } = await run(program, ['--secs-per-test=1', `--filename=${file}`]);
    return oneWriteFigures(stdout).map((line) => `pg_test_fsync, one 8 kB write: ${line}`);
  } finally {
    await rm(file, { force: true });
  }
}

/** The figures of a commit's pattern, one write and one sync; PostgreSQL on Linux uses fdatasync. */
export function oneWriteFigures(output: string): string[] {
  const [, block = ''] = /one 8kB write:\n([\s\S]*?)\n\n/.exec(output) ?? [];
  return block
    .split('\n')
    .filter((line) => /^\s*(fdatasync|fsync|open_datasync)\s/.test(line))
    .map((line) => line.trim().replace(/\s+/g, ' '));
}

// Debian keeps PostgreSQL's programs out of the PATH, a folder a version.
const debianVersions = '/usr/lib/postgresql';

function findTestFsync(): string | null {
  const versions = existsSync(debianVersions) ? readdirSync(debianVersions).sort().reverse() : [];
  const folders = [...versions.map((version) => join(debianVersions, version, 'bin')), '/usr/bin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, 'pg_test_fsync')).find(existsSync) ?? null;
}
