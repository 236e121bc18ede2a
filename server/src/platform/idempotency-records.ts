// The answers kept for repeated requests, and the lock that says that one is being made. Only background statements touch
// the table: no user's transaction sees a row of it, not even the one that carries the row's effect.
import { sql } from 'kysely';
import { type Actor, backgroundActor } from './actor.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { createLoop, type Loop } from './loop.ts';
import type { Secrets } from './secrets.ts';
import type { Tx } from './transaction.ts';

/** Who asked under which key: what an answer is kept by. */
export interface KeyUse {
  readonly actor: Actor;
  readonly key: string;
  /** SHA-256 of the request; a key stands for one request. */
  readonly fingerprint: Buffer;
}

export interface KeptAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Rows and locks of this table are touched as this actor. */
export const recordKeeper = backgroundActor('idempotency');

const keptMs = 24 * 3_600_000;

/** False while a transaction of another request holds the lock of this key. It ends with this transaction, or this node. */
export async function lockKey(tx: Tx, { actor, key }: KeyUse): Promise<boolean> {
  const name = JSON.stringify(['idempotency', actor.id, key]);
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as locked
  `.execute(tx);
  return rows[0]?.locked === true;
}

export interface RecordParts {
  readonly clock: Clock;
  readonly secrets: Secrets;
}

export interface FoundAnswer extends KeptAnswer {
  readonly fingerprint: Buffer;
}

/** The kept answer, or null where there is none; one that is older than a day is removed and counts as none. */
export async function findAnswer(tx: Tx, { clock, secrets }: RecordParts, use: KeyUse): Promise<FoundAnswer | null> {
  const { actor, key } = use;
  const { rows } = await sql<Omit<FoundAnswer, 'body'> & { body: Buffer | null; createdAt: Date }>`
    select fingerprint, status, headers, body, created_at as "createdAt" from idempotency_keys
    where actor_id = ${actor.id} and key = ${key}
  `.execute(tx);
  const [found] = rows;
  if (found === undefined) return null;
  if (found.createdAt <= oldest(clock)) {
    await sql`delete from idempotency_keys where actor_id = ${actor.id} and key = ${key}`.execute(tx);
    return null;
  }
  const { fingerprint, status, headers, body } = found;
  return { fingerprint, status, headers, body: body && secrets.openText(body, placeOf(use)) };
}

/** Keeps an answer. One that is kept already stays: then two requests were carried out, and the first was answered. */
export async function keepAnswer(
  tx: Tx,
  { clock, secrets }: RecordParts,
  { use, answer }: { readonly use: KeyUse; readonly answer: KeptAnswer },
): Promise<void> {
  const sealed = answer.body === null ? null : Buffer.from(secrets.seal(answer.body, placeOf(use)));
  await sql`
    insert into idempotency_keys (actor_id, key, fingerprint, status, headers, body, created_at)
    values (${use.actor.id}, ${use.key}, ${use.fingerprint}::bytea, ${answer.status}::smallint,
      ${JSON.stringify(answer.headers)}::jsonb, ${sealed}::bytea, ${clock.now()}::timestamptz)
    on conflict (actor_id, key) do nothing
  `.execute(tx);
}

/** Whether answers are kept that another key of the ring sealed than the first; within a day there are none. */
export async function hasAnswersOfFormerKeys(tx: Tx, { secrets }: Pick<RecordParts, 'secrets'>): Promise<boolean> {
  // A sealed value begins with its version and the id of its key.
  const { rows } = await sql<{ head: Buffer }>`
    select distinct substring(body from 1 for 9) as head from idempotency_keys where body is not null
  `.execute(tx);
  return rows.some(({ head }) => !secrets.isCurrent(head));
}

const placeOf = ({ actor, key }: KeyUse) => ({
  tenant: actor.id,
  table: 'idempotency_keys',
  row: key,
  column: 'body',
});

const oldest = (clock: Clock): Date => new Date(clock.now().getTime() - keptMs);

const sweepIntervalMs = 10 * 60_000;
/** Rows a statement: a long one would hold up vacuum for the whole database. */
const sweepRows = 1_000;

/** Removes answers that are older than a day. */
export function createAnswerSweeper(parts: {
  readonly db: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}): Loop {
  return createLoop({
    name: 'idempotency sweeper',
    intervalMs: sweepIntervalMs,
    onError: parts.onError,
    async work(signal) {
      for (let removed = sweepRows; removed === sweepRows && !signal.aborted; ) {
        removed = await parts.db.transaction(recordKeeper, (tx) => removeAnswers(tx, oldest(parts.clock)));
      }
    },
  });
}

async function removeAnswers(tx: Tx, olderThan: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from idempotency_keys where (actor_id, key) in (
      select actor_id, key from idempotency_keys where created_at <= ${olderThan}::timestamptz
      order by created_at limit ${sweepRows}
    )
  `.execute(tx);
  return Number(numAffectedRows);
}
