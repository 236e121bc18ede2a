// What a transaction is to everything above the database: a handle that cannot be forged, whoever it acts as, and the
// wish to have the log's followers woken when it has committed.
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type Actor, actorSettings } from './actor.ts';
import type { DB } from './database-schema.gen.ts';

declare const transactionMark: unique symbol;

/** A transaction in progress, acting as somebody. Only `Database.transaction` makes one, so a write cannot forget it. */
export type Tx = Transaction<DB> & { readonly [transactionMark]: true };

const wakers = new WeakSet<object>();

/** Asks that the followers of the log are woken once this transaction has committed. A hint: they also look by themselves. */
export function wakeAfterCommit(tx: Tx): void {
  wakers.add(tx);
}

export function wantsWake(tx: Tx): boolean {
  return wakers.has(tx);
}

const lastWrites = new WeakMap<object, Promise<unknown>[]>();

/**
 * Says that nobody waits for the answers of these statements: COMMIT follows right behind them, one round trip earlier.
 * Where one fails PostgreSQL rolls back, and the transaction rejects with its error. So nothing may depend on their answers,
 * what they must have done they check by themselves, and each has been sent already: sql`…`.execute(tx) does so as it is
 * called, before anything is awaited.
 */
export function commitBehind(tx: Tx, writes: readonly Promise<unknown>[]): void {
  // Whoever hears of it first is not always the one who asks for it last.
  for (const write of writes) write.catch(() => undefined);
  lastWrites.set(tx, [...(lastWrites.get(tx) ?? []), ...writes]);
}

/** Resolves when all that nobody waited for has been done; rejects as the first of it that failed. */
export async function lastWritesOf(tx: Tx): Promise<void> {
  const writes = lastWrites.get(tx) ?? [];
  lastWrites.delete(tx);
  await Promise.all(writes);
}

/** Sets role and every policy setting in one statement; what the actor does not name is emptied, and empty shows no row. */
export async function become(tx: Tx, actor: Actor): Promise<void> {
  await becoming(actor).execute(tx);
}

export function becoming(actor: Actor): RawBuilder<unknown> {
  const settings = actorSettings.map((name) => sql`set_config(${name}, ${actor.settings[name] ?? ''}, true)`);
  return sql`select set_config('role', ${actor.role}, true), ${sql.join(settings)}`;
}
