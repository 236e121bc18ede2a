// A database of its own for each test file, cloned from one migrated template: real PostgreSQL, nothing shared, and a
// clone costs tens of milliseconds where migrating would cost a second.
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { inject } from 'vitest';
import { ensureEpoch } from '../../src/events/epoch.ts';
import { Database } from '../../src/platform/database.ts';
import { poolUrl } from '../../src/platform/database-roles.ts';
import { asOwner } from '../../src/platform/owner-connection.ts';
import { prepareDatabase } from '../../src/prepare-database.ts';

const migrations = new URL('../../migrations/', import.meta.url);

export interface TestDatabase {
  readonly name: string;
  /** The owner's URL: for looking behind the row policies, and for starting a whole app on this database. */
  readonly ownerUrl: string;
  /** The pool's login, as the app uses it. */
  readonly url: string;
  readonly db: Database;
  /** Rows as the owner sees them, past every policy: what the checkers compare with. */
  rows<T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/** Clones the template. `onWake` is called after each commit that appended events; `connectionsMax` sizes the pool. */
export async function openTestDatabase(
  options: { onWake?: () => void; connectionsMax?: number } = {},
): Promise<TestDatabase> {
  const serverUrl = inject('testServerUrl');
  const template = await migratedTemplate(serverUrl);
  const name = `tillstream_test_${randomBytes(6).toString('hex')}`;
  await asOwner(serverUrl, (admin) => admin.query(`create database ${name} template ${template}`));
  const ownerUrl = databaseUrl(serverUrl, name);
  await asOwner(ownerUrl, ensureEpoch);
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 4 });
  owner.on('error', () => undefined);
  const url = poolUrl(ownerUrl);
  const db = new Database({ url, ...options });
  return {
    name,
    ownerUrl,
    url,
    db,
    rows: async (text, values) => (await owner.query(text, values ? [...values] : [])).rows,
    close: async () => {
      await db.close();
      await owner.end();
      await asOwner(serverUrl, (admin) => dropDatabase(admin, name));
    },
  };
}

/**
 * Drops a database whose sessions some test may have left behind. `with (force)` would refuse where an autovacuum worker
 * is at work, which only a superuser may end; a plain drop sends that worker away itself.
 */
async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  await admin.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = $1 and backend_type = 'client backend'`,
    [name],
  );
  await admin.query(`drop database if exists ${name}`);
}

/** The template is named after what made it, so that a changed migration makes a new one; workers that race wait. */
async function migratedTemplate(serverUrl: string): Promise<string> {
  const now = new Date(performance.timeOrigin + performance.now());
  const name = `tillstream_template_${migrationsHash()}_${now.toISOString().slice(0, 10).replaceAll('-', '')}`;
  await asOwner(serverUrl, async (admin) => {
    await admin.query(`select pg_advisory_lock(hashtextextended('tillstream test template', 0))`);
    const existing = await admin.query('select from pg_database where datname = $1', [name]);
    if (existing.rowCount) return;
    // What an interrupted run left behind is not trusted.
    await dropDatabase(admin, `${name}_unfinished`);
    await admin.query(`create database ${name}_unfinished`);
    await prepareDatabase(databaseUrl(serverUrl, `${name}_unfinished`), now);
    await admin.query(`alter database ${name}_unfinished rename to ${name}`);
  });
  return name;
}

function migrationsHash(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(migrations).sort()) hash.update(readFileSync(new URL(file, migrations)));
  return hash.digest('hex').slice(0, 12);
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
