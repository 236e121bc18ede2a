// Which incarnation of the database we write to. Transaction ids and sequence numbers mean nothing after a restore or on
// a promoted standby, so a change of system, timeline or database begins a new epoch and old positions answer "resync".
import { sql } from 'kysely';
import type pg from 'pg';

/** Our own transactions live minutes at most, and most of them milliseconds. */
const lockTimeout = '90s';

// The name of the WAL file that is being written begins with the timeline. pg_control_checkpoint() says it too, but a
// promoted standby shows its old timeline there until its next checkpoint is done. On a standby this throws: positions
// are made and read on the primary alone.
const timelineNow = `('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int`;

/** The timeline that the server writes, as an expression for the statements that read the log. */
export const timeline = sql.raw<number>(timelineNow);

interface Incarnation {
  readonly system_identifier: string;
  readonly timeline: number;
  readonly database_oid: number;
}

/**
 * Compares the running server with the stored incarnation and begins a new epoch where they differ. As the owner, at
 * every start before anything is appended. A disk snapshot that was put back cannot be told from its original: for that
 * case an operator calls `beginEpoch`.
 */
export async function ensureEpoch(owner: pg.Client): Promise<number> {
  const present = await incarnation(owner);
  const stored = await owner.query<Incarnation & { epoch: number }>(
    'select epoch, system_identifier, timeline, database_oid::int8 from feed',
  );
  const feed = stored.rows[0];
  const unchanged =
    feed?.system_identifier === present.system_identifier &&
    feed.timeline === present.timeline &&
    Number(feed.database_oid) === Number(present.database_oid);
  return feed && unchanged ? feed.epoch : beginEpoch(owner);
}

/**
 * Begins a new epoch whatever the server says of itself, and returns its number. Waits for those who have written to the
 * log and not committed yet, so that what follows the epoch's first event is of this epoch alone; new writers wait
 * behind, at most until `lock_timeout`.
 */
export async function beginEpoch(owner: pg.Client): Promise<number> {
  const { system_identifier, timeline, database_oid } = await incarnation(owner);
  await owner.query('begin');
  try {
    await owner.query(`set local lock_timeout = '${lockTimeout}'`);
    await owner.query('lock table only sync_events in share row exclusive mode');
    const begun = await owner.query<{ epoch: number }>(
      `insert into feed (epoch, system_identifier, timeline, database_oid, begun_after_seq)
       values (1, $1, $2, $3::int8::oid, (select coalesce(max(seq), 0) from sync_events))
       on conflict (singleton) do update set epoch = feed.epoch + 1, system_identifier = excluded.system_identifier,
         timeline = excluded.timeline, database_oid = excluded.database_oid, changed_at = now(), dropped_xid = '0',
         begun_after_seq = excluded.begun_after_seq
       returning epoch`,
      [system_identifier, timeline, database_oid],
    );
    const epoch = begun.rows[0]?.epoch;
    if (epoch === undefined) throw new Error('the feed row was not written');
    await owner.query('commit');
    return epoch;
  } catch (error) {
    await owner.query('rollback');
    throw error;
  }
}

async function incarnation(owner: pg.Client): Promise<Incarnation> {
  const result = await owner.query<Incarnation>(
    `select (select system_identifier::text from pg_control_system()) as system_identifier,
       ${timelineNow} as timeline,
       (select oid::int8 from pg_database where datname = current_database()) as database_oid`,
  );
  const row = result.rows[0];
  if (!row) throw new Error('PostgreSQL did not say which server it is');
  return row;
}
