// How statements travel to PostgreSQL: without waiting for each other's answers, and planned once. Kysely's own dialect
// sends a statement when the one before has been answered, and has each planned anew; a group commit of a few sales then
// spent two thirds of its time on round trips and plans.
import {
  type PostgresCursor,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type PostgresPoolClient,
  type PostgresQueryResult,
  Transaction,
} from 'kysely';
import type pg from 'pg';
import { CopiedBytes, queryCopying } from './copied-rows.ts';
import { sqlState } from './postgres-errors.ts';

/**
 * PostgreSQL for Kysely, over a pool made with `pipeline: true`. BEGIN is not waited for: whatever follows on the
 * connection comes after it, and where it fails there is no role with the right to run anything (database.ts).
 */
export class PipelinedDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(pool: pg.Pool) {
    const connect = async () => preparing(await pool.connect());
    const config = { pool: { connect, end: () => pool.end(), options: {} } };
    super(config);
    this.#config = config;
  }

  override createDriver(): PostgresDriver {
    return new PipelinedDriver(this.#config);
  }

  /**
   * The same transaction without Kysely's queue, which lets one statement at a time onto the connection. PostgreSQL runs
   * them in the order in which they are sent, each with a snapshot of its own. So a statement that needs what another
   * one answers awaits it, and the others are awaited together, with Promise.all. The first to fail aborts the
   * transaction; those behind it fail with its error, so that whichever is heard of first says what went wrong.
   */
  async pipelined<DB>(transaction: Transaction<DB>): Promise<Transaction<DB>> {
    const connection = await transaction.getExecutor().provideConnection(async (own) => own);
    let cause: unknown;
    const executor = transaction.getExecutor().withConnectionProvider({
      async provideConnection(consumer) {
        try {
          return await consumer(connection);
        } catch (error) {
          if (sqlState(error) === inFailedTransaction) throw cause ?? error;
          cause = error;
          throw error;
        }
      },
    });
    return new Transaction<DB>({ config: { dialect: this }, dialect: this, driver: this.createDriver(), executor });
  }
}

/** SQLSTATE of a statement that was not run because one before it had failed. */
const inFailedTransaction = '25P02';

class PipelinedDriver extends PostgresDriver {
  override async beginTransaction(...begin: Parameters<PostgresDriver['beginTransaction']>): Promise<void> {
    // Its failure is that of every statement behind it, whose callers hear of it.
    super.beginTransaction(...begin).catch(() => undefined);
  }
}

/** Statements beyond these are planned anew each time: one whose text varies without end must not fill the memory. */
const preparedMax = 500;
const names = new Map<string, string>();

// Once seen is not enough: what varies is mostly seen once.
const seenOnce = new Set<string>();

/** The name under which the connections keep a statement's plan; undefined for one that is planned anew. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size === preparedMax) return known;
  if (!seenOnce.delete(text)) {
    if (seenOnce.size < preparedMax) seenOnce.add(text);
    return undefined;
  }
  const name = `tillstream_${names.size}`;
  names.set(text, name);
  return name;
}

function preparing(client: pg.PoolClient): PostgresPoolClient {
  function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query(text: unknown, values: readonly unknown[] = []): unknown {
    if (typeof text !== 'string') throw new Error('A cursor keeps others from the connection; read in pages instead');
    const [into] = values;
    if (into instanceof CopiedBytes) return queryCopying(client, text, into);
    const name = values.length === 0 ? undefined : nameOf(text);
    return client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  }
  return { query, release: (destroy) => client.release(destroy) };
}
