// A brand in a data directory of its own, before any server runs there, and what its database says when none runs any
// more: the kill tests talk to the server in between like any program from outside.
import { join } from 'node:path';
import pg from 'pg';
import { createApiKey, createFranchise } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Database } from '../../src/platform/database.ts';
import { poolUrl } from '../../src/platform/database-roles.ts';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/index.ts';
import { prepareDatabase } from '../../src/prepare-database.ts';
import type { ReadRows } from '../flow/books.ts';

/** Runs `work` with the URL of the database's owner, starting PostgreSQL for it unless it runs. */
async function onDisk<T>(dataDir: string, work: (ownerUrl: string) => Promise<T>): Promise<T> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log: () => undefined });
  try {
    return await work(postgres.url);
  } finally {
    await postgres.stop();
  }
}

/** Founds a brand; answers a key that may do everything in it. */
export function foundBrandOnDisk(dataDir: string): Promise<{ franchiseId: string; ownerKey: string }> {
  const founder = backgroundActor('test');
  return withDatabaseOnDisk(dataDir, ({ db }) =>
    db.transaction(founder, async (tx) => {
      const { id: franchiseId } = await createFranchise(tx, { name: 'Brand', currency: 'USD' });
      const owner = { franchiseId, name: 'owner', scopes: ['admin' as const], createdBy: founder.id };
      const { key: ownerKey } = await createApiKey(tx, owner);
      return { franchiseId, ownerKey };
    }),
  );
}

export interface DatabaseOnDisk {
  /** As the program uses it. */
  readonly db: Database;
  /** As the database's owner sees it. */
  readonly rows: ReadRows;
}

/** Runs `work` beside the database of that directory, migrated. */
export function withDatabaseOnDisk<T>(dataDir: string, work: (at: DatabaseOnDisk) => Promise<T>): Promise<T> {
  return onDisk(dataDir, async (ownerUrl) => {
    await prepareDatabase(ownerUrl, systemClock.now());
    const owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
    const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 2 });
    try {
      return await work({ db, rows: rowsOf(owner) });
    } finally {
      await db.close();
      await owner.end();
    }
  });
}

/** Runs `work` with the rows of the database as its owner sees them. */
export function withRowsOnDisk<T>(dataDir: string, work: (rows: ReadRows) => Promise<T>): Promise<T> {
  return withDatabaseOnDisk(dataDir, ({ rows }) => work(rows));
}

function rowsOf(owner: pg.Client): ReadRows {
  return async <Row extends object>(text: string, values?: readonly unknown[]) =>
    (await owner.query(text, values ? [...values] : [])).rows as Row[];
}
