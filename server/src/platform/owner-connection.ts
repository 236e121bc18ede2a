// The maintenance connection: outside the pool, as the owner of the database, for migrations and partitions alone.
import pg from 'pg';

/** The oldest PostgreSQL that has what our statements use, as `server_version_num` counts. */
const oldestVersion = 150_000;

/**
 * Runs `work` on a connection of its own as the owner of the database, and closes it. With `lockTimeoutMs`, a statement
 * gives up when it has waited that long for a lock.
 */
export async function asOwner<T>(
  ownerUrl: string,
  work: (owner: pg.Client) => Promise<T>,
  { lockTimeoutMs = 0 }: { readonly lockTimeoutMs?: number } = {},
): Promise<T> {
  const owner = new pg.Client({ connectionString: ownerUrl, lock_timeout: lockTimeoutMs });
  // A connection that breaks while idle is reported by the next query; without a listener it would end the process.
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

/** @throws {Error} when the server is older than PostgreSQL 15. */
export async function refuseOldServer(owner: pg.Client): Promise<void> {
  const result = await owner.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  const server = result.rows[0];
  if (server && server.number < oldestVersion) {
    throw new Error(`PostgreSQL ${server.version} is too old: Tillstream needs PostgreSQL 15 or newer.`);
  }
}
