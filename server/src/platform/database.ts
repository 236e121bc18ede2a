// The only way to the data: a pool whose connections have no rights of their own, and transaction(actor), which gives
// one transaction the actor's role and settings. SQL outside it is refused by PostgreSQL, not merely unfiltered.
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { type Actor, actorSettings, backgroundActor } from './actor.ts';
import type { DB } from './database-schema.gen.ts';
import { isTransient } from './postgres-errors.ts';
import { parseDatabaseValues } from './postgres-values.ts';

declare const transactionMark: unique symbol;

/** A transaction in progress, acting as somebody. Only `Database.transaction` makes one, so a write cannot forget it. */
export type Tx = Transaction<DB> & { readonly [transactionMark]: true };

export interface DatabaseOptions {
  /** Connection URL of the pool's login (see database-roles.ts). */
  readonly url: string;
  readonly connectionsMax?: number;
  /** Longest statement before PostgreSQL cancels it, in ms. */
  readonly statementTimeoutMs?: number;
  readonly onError?: (error: Error) => void;
  /** Called right after the commit of a transaction in which `wakeAfterCommit` was called. Must not throw or wait. */
  readonly onWake?: () => void;
}

const wakers = new WeakSet<object>();

/** Asks that the followers of the log are woken once this transaction has committed. A hint: they also look by themselves. */
export function wakeAfterCommit(tx: Tx): void {
  wakers.add(tx);
}

const attemptsMax = 5;

export class Database {
  readonly #pool: pg.Pool;
  readonly #kysely: Kysely<DB>;
  readonly #onWake: () => void;

  constructor(options: DatabaseOptions) {
    const timeoutMs = options.statementTimeoutMs ?? 60_000;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.connectionsMax ?? 10,
      // Every connection starts without rights; time-outs keep our own transactions to minutes, which is what lets the
      // relay bound its reads by time.
      options:
        `-c role=tillstream_none -c statement_timeout=${timeoutMs} ` +
        `-c idle_in_transaction_session_timeout=${timeoutMs} -c timezone=UTC`,
      types: parseDatabaseValues,
    });
    this.#onWake = options.onWake ?? (() => undefined);
    // An idle connection that the server closes (restart, failover) is replaced by the pool; unheard it would end us.
    this.#pool.on('error', (error) => options.onError?.(error));
    this.#kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool: this.#pool }) });
  }

  /**
   * Runs `work` in one transaction with the actor's role and settings. A serialization failure or deadlock repeats the
   * whole of it (at most 5 times, with jitter), so `work` has no effects besides its SQL.
   */
  async transaction<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(actor, work);
      } catch (error) {
        if (attempt >= attemptsMax || !isTransient(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
      }
    }
  }

  async #attempt<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    let wake = false;
    const result = await this.#kysely.transaction().execute(async (transaction) => {
      const tx = transaction as Tx;
      await become(tx, actor);
      const worked = await work(tx);
      wake = wakers.has(tx);
      return worked;
    });
    if (wake) this.#onWake();
    return result;
  }

  async close(): Promise<void> {
    await this.#kysely.destroy();
  }
}

/** Sets role and every policy setting in one statement; what the actor does not name is emptied, and empty shows no row. */
async function become(tx: Transaction<DB>, actor: Actor): Promise<void> {
  const settings = actorSettings.map((name) => sql`set_config(${name}, ${actor.settings[name] ?? ''}, true)`);
  await sql`select set_config('role', ${actor.role}, true), ${sql.join(settings)}`.execute(tx);
}

/** The readiness check: a connection can be had and answers. */
export async function checkDatabase(db: Database): Promise<{ ok: true }> {
  await db.transaction(backgroundActor('health'), (tx) => sql`select 1`.execute(tx));
  return { ok: true };
}
