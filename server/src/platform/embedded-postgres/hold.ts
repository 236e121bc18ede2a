/**
 * Who still needs the server. Several processes may use one embedded server (the running application, a command beside
 * it, a test run's parts); the last to leave stops it. Each holds a shared advisory lock on a session of its own, so a
 * killed process lets go by dying: no files with process numbers, nothing to go stale. Who stops it holds the lock alone.
 */
import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Any constant will do; advisory locks of the database `postgres` are used by nobody else. */
const lockKey = 7_455_331;
const retryMs = 500;
const lockPollMs = 50;
/** Generous: a healthy server on an overloaded machine must not be taken for a dead one. */
const connectMsMax = 20_000;
/** Also the time of `create database` on a slow disk. */
const queryMsMax = 60_000;
/** After this long somebody's stop has come to nothing, or will do with help. */
const stoppingMsMax = 5_000;
const closeMsMax = 2_000;

export type Hold = {
  /** Lets go; resolves to true if nobody else holds the server. It is then held exclusively until `close()`. */
  release(): Promise<boolean>;
  close(): Promise<void>;
};

/** Another process holds the server alone, in order to stop it, and has not come to an end. */
export class BeingStopped extends Error {
  constructor() {
    super('Another program is stopping this PostgreSQL.');
    this.name = 'BeingStopped';
  }
}

/**
 * Takes hold of the server at `url` (the superuser's, database `postgres`) and runs `prepare` on that session.
 * A hold that PostgreSQL ends (it restarts all sessions when a backend crashes) is taken again.
 *
 * @throws {BeingStopped} after some seconds; `signal`'s reason when it is aborted while somebody else stops the server.
 */
export async function holdServer(
  url: string,
  { prepare, signal }: { prepare: (session: pg.Client) => Promise<void>; signal: AbortSignal },
): Promise<Hold> {
  let released = false;
  let held = await take(url, signal);
  const takeAgainWhenLost = (lost: Held) => {
    lost.session.once('end', async () => {
      while (!released && held === lost) {
        await pause(retryMs, undefined, { ref: false });
        const next = await take(url).catch(() => undefined);
        if (next === undefined) continue;
        held = next;
        takeAgainWhenLost(next);
        if (released) await next.close();
      }
    });
  };
  takeAgainWhenLost(held);
  const hold = {
    async release() {
      released = true;
      await held.session.query('select pg_advisory_unlock_shared($1)', [lockKey]);
      const last = await held.session.query('select pg_try_advisory_lock($1) as alone', [lockKey]);
      return last.rows[0].alone === true;
    },
    close() {
      released = true;
      return held.close();
    },
  };
  try {
    await prepare(held.session);
    return hold;
  } catch (error) {
    await hold.close();
    throw error;
  }
}

/** Lets go of the server, after `stopServer` where nobody else holds it. */
export async function leaveServer(hold: Hold, stopServer: () => Promise<void>): Promise<void> {
  try {
    // A session that does not answer belongs to a server of which nobody has any more use.
    const alone = await hold.release().catch(() => true);
    if (alone) await stopServer();
  } finally {
    // Kept open after a failure, the session would keep this process alive, and its exclusive lock every later start out.
    await hold.close();
  }
}

type Held = { readonly session: pg.Client; close(): Promise<void> };

/** A session with the shared lock. It asks instead of waiting in a queue, so that it can give up at any time. */
async function take(url: string, signal?: AbortSignal): Promise<Held> {
  const held = await connect(url);
  try {
    for (const startedAt = performance.now(); ; ) {
      const { rows } = await held.session.query('select pg_try_advisory_lock_shared($1) as held', [lockKey]);
      if (rows[0].held === true) return held;
      signal?.throwIfAborted();
      if (performance.now() - startedAt > stoppingMsMax) throw new BeingStopped();
      await pause(lockPollMs, undefined, { ref: false });
    }
  } catch (error) {
    await held.close();
    throw error;
  }
}

async function connect(url: string): Promise<Held> {
  const socket = new Socket();
  const session = new pg.Client({
    connectionString: url,
    application_name: 'tillstream hold',
    connectionTimeoutMillis: connectMsMax,
    query_timeout: queryMsMax,
    stream: () => socket,
  });
  // Without a listener a session that the server ends would end the process.
  session.on('error', () => undefined);
  await session.connect();
  const close = async () => {
    // A server that hangs would never answer the farewell, and an open session keeps this process alive.
    const cut = setTimeout(() => socket.destroy(), closeMsMax);
    await session.end().catch(() => undefined);
    clearTimeout(cut);
  };
  return { session, close };
}
