// The only way to the data: a pool whose connections have no rights of their own, and transaction(actor), which gives one
// transaction the actor's role and settings; copyRows(actor) is one of a single query. SQL outside is refused by PostgreSQL, not
// merely unfiltered.
import { Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { type Actor, backgroundActor } from './actor.ts';
import { CopiedBytes, type CopiedRows, copyText, queryCopying, withLiterals } from './copied-rows.ts';
import type { DB } from './database-schema.gen.ts';
import { gatheringSocket } from './gathering-socket.ts';
import { HeldTransaction, transactionToJoin } from './held-transaction.ts';
import { PipelinedDialect } from './pipelined-dialect.ts';
import { isTransient } from './postgres-errors.ts';
import { parseDatabaseValues } from './postgres-values.ts';
import { become, becoming, commitBehind, lastWritesOf, type Tx, wantsWake } from './transaction.ts';

export { commitBehind, type Tx, wakeAfterCommit } from './transaction.ts';

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

const attemptsMax = 5;

export class Database {
  readonly #pool: pg.Pool;
  readonly #dialect: PipelinedDialect;
  readonly #kysely: Kysely<DB>;
  readonly #onWake: () => void;
  #isClosing = false;

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
      pipeline: true,
      stream: gatheringSocket,
    });
    this.#onWake = options.onWake ?? (() => undefined);
    // An idle connection that the server closes (restart, failover) is replaced by the pool; unheard it would end us.
    this.#pool.on('error', (error) => {
      if (!this.#isClosing) options.onError?.(error);
    });
    // The same within a transaction, between two statements: its next statement fails, which is how its owner hears of it.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#dialect = new PipelinedDialect(this.#pool);
    this.#kysely = new Kysely<DB>({ dialect: this.#dialect });
  }

  /**
   * Runs `work` in one transaction with the actor's role and settings. A serialization failure or deadlock repeats the
   * whole of it (at most 5 times, with jitter), so `work` has no effects besides its SQL. Within a held transaction it
   * is a part of that one, and committed with it.
   */
  async transaction<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    const held = transactionToJoin();
    if (held !== null) return held.join(actor, work);
    return this.#repeat(() => this.#attempt(actor, work));
  }

  /**
   * The same for work that sends all its statements as it is called, e.g. a single one: COMMIT goes right behind them, and
   * one wait is saved. What it asks for after an answer would come too late.
   */
  async ask<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    const { answer } = await this.transaction(actor, async (tx) => {
      const asked = work(tx);
      commitBehind(tx, [asked]);
      return { answer: asked };
    });
    return answer;
  }

  /**
   * What a query finds by itself, asked and answered in one message: for what is asked a hundred times a second, where each
   * message wakes a process. It takes no part in a held transaction.
   */
  copyRows(actor: Actor, query: RawBuilder<unknown>): Promise<CopiedRows> {
    return this.#repeat(async () => {
      const into = new CopiedBytes();
      const client = await this.#pool.connect();
      try {
        // Several statements in one message are one transaction.
        const role = withLiterals(becoming(actor).compile(this.#kysely));
        await queryCopying(client, `${role}; ${copyText(query.compile(this.#kysely))}`, into);
      } finally {
        client.release();
      }
      return into.rows();
    });
  }

  /** For reading alone: every statement of `work` sees one and the same moment. */
  snapshot<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#repeat(() => this.#attempt(actor, work, 'repeatable read'));
  }

  async #repeat<T>(attemptOnce: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await attemptOnce();
      } catch (error) {
        if (attempt >= attemptsMax || !isTransient(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
      }
    }
  }

  async #attempt<T>(actor: Actor, work: (tx: Tx) => Promise<T>, isolation?: 'repeatable read'): Promise<T> {
    const own: { tx?: Tx } = {};
    const begin = this.#kysely.transaction();
    const running = (isolation ? begin.setIsolationLevel(isolation) : begin).execute(async (transaction) => {
      const tx = await this.#pipelined(transaction);
      own.tx = tx;
      // The actor's role goes ahead of the first statement, which need not wait for it: where the one fails, so does the other.
      const [, worked] = await Promise.all([become(tx, actor), work(tx)]);
      return worked;
    });
    const result = await running.catch(async (error: unknown) => {
      // A COMMIT behind a failed statement says only that it was none; the statement says why.
      if (own.tx) await lastWritesOf(own.tx);
      throw error;
    });
    if (own.tx && wantsWake(own.tx)) this.#onWake();
    return result;
  }

  /** Begins a transaction that those of one actor can join; the caller must end it. It occupies a connection until then. */
  async hold(actorId: string): Promise<HeldTransaction> {
    const begun = Promise.withResolvers<Tx>();
    const asked = Promise.withResolvers<'commit' | 'rollback'>();
    const ended = this.#kysely.transaction().execute(async (transaction) => {
      begun.resolve(await this.#pipelined(transaction));
      if ((await asked.promise) === 'rollback') throw new TakenBack();
    });
    // Where none can be begun, this is how one hears of it; afterwards it changes nothing.
    ended.catch(begun.reject);
    const tx = await begun.promise;
    const end = async (how: 'commit' | 'rollback') => {
      asked.resolve(how);
      if (how === 'rollback') return ended.catch(() => undefined);
      await ended;
      if (wantsWake(tx)) this.#onWake();
    };
    return new HeldTransaction({ tx, actorId, end });
  }

  async #pipelined(transaction: Transaction<DB>): Promise<Tx> {
    return (await this.#dialect.pipelined(transaction)) as Tx;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#kysely.destroy();
  }
}

/** Makes Kysely roll back; nobody sees it. */
class TakenBack extends Error {}

/** The readiness check: a connection can be had and answers. */
export async function checkDatabase(db: Database): Promise<{ ok: true }> {
  await db.transaction(backgroundActor('health'), (tx) => sql`select 1`.execute(tx));
  return { ok: true };
}
