// The maintenance connection: outside the pool, as the owner of the database, for migrations and partitions alone.
import { Socket } from 'node:net';
import pg from 'pg';

/** The oldest PostgreSQL that has what our statements use, as `server_version_num` counts. */
const oldestVersion = 150_000;

/**
 * Runs `work` on a connection of its own as the owner of the database, and closes it. With `lockTimeoutMs`, a statement
 * gives up when it has waited that long for a lock. When `signal` is aborted the connection is cut, whatever it waits for
 * (a host that does not answer, another migrator), and the promise rejects with its reason.
 */
export async function asOwner<T>(
  ownerUrl: string,
  work: (owner: pg.Client) => Promise<T>,
  { lockTimeoutMs = 0, signal }: { readonly lockTimeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<T> {
  signal?.throwIfAborted();
  const socket = new Socket();
  const owner = new pg.Client({ connectionString: ownerUrl, lock_timeout: lockTimeoutMs, stream: () => socket });
  // A connection that breaks while idle is reported by the next query; without a listener it would end the process.
  owner.on('error', () => undefined);
  const cut = () => void socket.destroy();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    await owner.connect();
    return await work(owner).finally(() => owner.end());
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cut);
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
