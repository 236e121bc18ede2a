// Brings a database to what this release needs, as its owner, on a connection outside the pool: roles, migrations, the
// epoch of the log, and the partitions of the weeks and months to come. Every step may be repeated.
import { ensureEpoch } from './events/epoch.ts';
import { ensureRoles } from './platform/database-roles.ts';
import { type MigrationReport, migrate } from './platform/migrate.ts';
import { asOwner, refuseOldServer } from './platform/owner-connection.ts';
import { ensurePartitions, type PartitionedTable } from './platform/partitions.ts';

/** The tables kept in time partitions, and how far ahead of now these must exist. */
export const partitionedTables: readonly PartitionedTable[] = [
  { table: 'sync_events', unit: 'week', ahead: 4 },
  { table: 'stock_movements', unit: 'month', ahead: 3 },
];

export interface PreparedDatabase extends MigrationReport {
  readonly epoch: number;
}

/** When `signal` is aborted it gives up between two statements or in the middle of one; what was done stays done. */
export async function prepareDatabase(ownerUrl: string, now: Date, signal?: AbortSignal): Promise<PreparedDatabase> {
  return asOwner(
    ownerUrl,
    async (owner) => {
      await refuseOldServer(owner);
      await ensureRoles(owner, ownerUrl);
      const report = await migrate(owner);
      for (const table of partitionedTables) await ensurePartitions(owner, table, now);
      return { ...report, epoch: await ensureEpoch(owner) };
    },
    signal && { signal },
  );
}
