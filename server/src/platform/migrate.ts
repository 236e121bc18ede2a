// Migrations: plain numbered SQL files, each applied once in a transaction of its own, never edited once landed (the
// stored checksum says so). Runs as the owner on a connection outside the pool.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';

const migrationsUrl = new URL('../../migrations/', import.meta.url);
const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}

export interface MigrationReport {
  readonly applied: readonly string[];
}

/** Brings the database up to the newest migration. Two migrators at once wait for each other; the second finds nothing to do. */
export async function migrate(owner: pg.Client): Promise<MigrationReport> {
  const migrations = await readMigrations();
  await owner.query(`set lock_timeout = '10s'`);
  await owner.query(`select pg_advisory_lock(hashtextextended('tillstream migrate', 0))`);
  try {
    await owner.query(`create table if not exists schema_migrations (
      version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
    const done = await owner.query<{ version: number; name: string; checksum: string }>(
      'select version, name, checksum from schema_migrations',
    );
    const applied = new Map(done.rows.map((row) => [row.version, row]));
    refuseUnknown(migrations, applied);
    const missing = migrations.filter((migration) => !applied.has(migration.version));
    for (const migration of missing) await apply(owner, migration);
    return { applied: missing.map((migration) => migration.name) };
  } finally {
    await owner.query(`select pg_advisory_unlock(hashtextextended('tillstream migrate', 0))`);
  }
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(migrationsUrl)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const version = Number(fileName.exec(name)?.[1]);
      if (!version) throw new Error(`migrations/${name} must be named NNNN_what.sql, e.g. 0007_purchase_orders.sql`);
      const text = await readFile(new URL(name, migrationsUrl), 'utf8');
      return { version, name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** A database from the future, or a file edited after it ran, means that code and schema disagree: better not to start. */
function refuseUnknown(
  migrations: readonly Migration[],
  applied: ReadonlyMap<number, { name: string; checksum: string }>,
): void {
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const [version, row] of applied) {
    const file = known.get(version);
    if (!file)
      throw new Error(
        `The database has migration ${row.name}, which this release does not know: start a newer release.`,
      );
    if (file.checksum !== row.checksum) {
      throw new Error(
        `migrations/${file.name} was changed after it ran here: restore the file and put the change into a new one.`,
      );
    }
  }
}

async function apply(owner: pg.Client, migration: Migration): Promise<void> {
  await owner.query('begin');
  try {
    await owner.query(migration.text);
    await owner.query('insert into schema_migrations (version, name, checksum) values ($1, $2, $3)', [
      migration.version,
      migration.name,
      migration.checksum,
    ]);
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback');
    throw new Error(`migrations/${migration.name} failed: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
