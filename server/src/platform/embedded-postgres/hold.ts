/**
 * Who still needs the server. Several processes may use one embedded server (the running application, a command beside
 * it, a test run's parts); the last to leave stops it. Each holds a shared advisory lock on a session of its own, so a
 * killed process lets go by dying: no files with process numbers, nothing to go stale.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Any constant will do; advisory locks of the database `postgres` are used by nobody else. */
const lockKey = 7_455_331;
const retryMs = 500;
/** Generous: a healthy server on an overloaded machine must not be taken for a dead one. */
const connectMsMax = 20_000;

export type Hold = {
  /** Lets go; resolves to true if nobody else holds the server. It is then held exclusively until `close()`. */
  release(): Promise<boolean>;
  close(): Promise<void>;
};

/**
 * Takes hold of the server at `url` (the superuser's, database `postgres`) and runs `prepare` on that session.
 * A hold that PostgreSQL ends (it restarts all sessions when a backend crashes) is taken again.
 */
export async function holdServer(url: string, prepare: (session: pg.Client) => Promise<void>): Promise<Hold> {
  let released = false;
  let session = await take(url);
  const takeAgainWhenLost = (lost: pg.Client) => {
    lost.once('end', async () => {
      while (!released && session === lost) {
        await pause(retryMs, undefined, { ref: false });
        const next = await take(url).catch(() => undefined);
        if (next === undefined) continue;
        session = next;
        takeAgainWhenLost(next);
        if (released) await next.end();
      }
    });
  };
  takeAgainWhenLost(session);
  await prepare(session);
  return {
    async release() {
      released = true;
      await session.query('select pg_advisory_unlock_shared($1)', [lockKey]);
      const last = await session.query('select pg_try_advisory_lock($1) as alone', [lockKey]);
      return last.rows[0].alone === true;
    },
    close: () => session.end().catch(() => undefined),
  };
}

async function take(url: string): Promise<pg.Client> {
  const session = new pg.Client({
    connectionString: url,
    application_name: 'tillstream hold',
    connectionTimeoutMillis: connectMsMax,
  });
  // Without a listener a session that the server ends would end the process.
  session.on('error', () => undefined);
  await session.connect();
  await session.query('select pg_advisory_lock_shared($1)', [lockKey]);
  return session;
}
