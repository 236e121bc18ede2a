// Brings a database to what this release needs, as its owner, on a connection outside the pool: roles, migrations, the
// epoch of the log, and the partitions of the weeks and months to come. Every step may be repeated.
import pg from 'pg';
import { ensureEpoch } from './events/epoch.ts';
import { ensureRoles } from './platform/database-roles.ts';
import { type MigrationReport, migrate } from './platform/migrate.ts';
import { ensurePartitions, type PartitionedTable } from './platform/partitions.ts';

/** The tables kept in time partitions, and how far ahead of now these must exist. */
export const partitionedTables: readonly PartitionedTable[] = [
  { table: 'sync_events', unit: 'week', ahead: 4 },
  { table: 'stock_movements', unit: 'month', ahead: 3 },
];

export interface PreparedDatabase extends MigrationReport {
  readonly epoch: number;
}

export async function prepareDatabase(ownerUrl: string, now: Date): Promise<PreparedDatabase> {
  return asOwner(ownerUrl, async (owner) => {
    await refuseOldServer(owner);
    await ensureRoles(owner, ownerUrl);
    const report = await migrate(owner);
    for (const table of partitionedTables) await ensurePartitions(owner, table, now);
    return { ...report, epoch: await ensureEpoch(owner) };
  });
}

/** Runs `work` on a connection of its own as the owner of the database, and closes it. */
export async function asOwner<T>(ownerUrl: string, work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  // A connection that breaks while idle is reported by the next query; without a listener it would end the process.
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

async function refuseOldServer(owner: pg.Client): Promise<void> {
  const result = await owner.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  const server = result.rows[0];
  if (server && server.number < 150_000) {
    throw new Error(`PostgreSQL ${server.version} is too old: Tillstream needs PostgreSQL 15 or newer.`);
  }
}
