// One transaction for everything that a request does, held open until its answer is made: `Database.transaction` called
// within it joins as a savepoint instead of committing by itself. That is how the answer of a request can be recorded in
// the very commit that carries its effect (idempotency.ts); without a record to keep nothing is ever held.
import { AsyncLocalStorage } from 'node:async_hooks';
import { sql } from 'kysely';
import type { Actor } from './actor.ts';
import { isTransient } from './postgres-errors.ts';
import { become, lastWritesOf, type Tx } from './transaction.ts';

interface Ambient {
  readonly held: HeldTransaction;
  /** Whether this is the inside of a transaction that has joined. */
  readonly joined: boolean;
}

const ambient = new AsyncLocalStorage<Ambient>();

/** The transaction that one begun here has to join; null where each stands for itself. */
export function transactionToJoin(): HeldTransaction | null {
  const found = ambient.getStore();
  // What a request has started and left running outlives the transaction, and goes on by itself.
  if (found === undefined || found.held.isCommitted) return null;
  // Its savepoint would end inside the other's; outside a held transaction it would wait for a second connection.
  if (found.joined) throw new Error('A transaction was begun within another one');
  return found.held;
}

/**
 * Says that what this request has written is to be kept although it will be refused, e.g. the record of the refusal.
 * Without it a refused request whose transaction is held leaves nothing. Call it after the transaction that wrote.
 */
export function keepDespiteRefusal(): void {
  ambient.getStore()?.held.keepDespiteRefusal();
}

export interface HeldParts {
  readonly tx: Tx;
  /** The only actor whose transactions may join. */
  readonly actorId: string;
  /** Ends the transaction, whose connection goes back to the pool; rejects where a commit did not come about. */
  readonly end: (how: 'commit' | 'rollback') => Promise<void>;
}

const attemptsMax = 5;

export class HeldTransaction {
  readonly #parts: HeldParts;
  #last: Promise<unknown> = Promise.resolve();
  #state: 'open' | 'committed' | 'taken back' = 'open';
  #keep = false;

  constructor(parts: HeldParts) {
    this.#parts = parts;
  }

  get isCommitted(): boolean {
    return this.#state === 'committed';
  }

  get keepsDespiteRefusal(): boolean {
    return this.#keep;
  }

  keepDespiteRefusal(): void {
    this.#keep = true;
  }

  /** Runs `callback`, and whatever it sets off, where transactions join this one. */
  within(callback: () => void): void {
    ambient.run({ held: this, joined: false }, callback);
  }

  /**
   * Runs `work` as a part that fails alone: what it throws takes back its own writes and no other's. Parts wait for each
   * other, because savepoints only nest. A deadlock repeats the part, as `Database.transaction` does.
   */
  join<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    // Another actor's work must not see what is not committed, nor wait for rows that this one holds: it would wait for
    // ever. A route that acts as several says so with `idempotency: 'repeatable'`.
    if (actor.id !== this.#parts.actorId) {
      throw new Error(
        `${actor.id} begins a transaction within a request of ${this.#parts.actorId}, which holds its own`,
      );
    }
    return this.#inTurn(() => this.#attempt(actor, work));
  }

  /** Runs `work` as another actor, straight in the held transaction: its failure is the whole's. */
  runAs<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await become(this.#parts.tx, actor);
      return work(this.#parts.tx);
    });
  }

  /** Keeps everything; rejects where the database did not confirm it. */
  async commit(): Promise<void> {
    await this.#last;
    this.#state = 'committed';
    await this.#parts.end('commit');
  }

  /** Takes everything back. What still runs within it fails, instead of writing a half on its own account. */
  async rollback(): Promise<void> {
    this.#state = 'taken back';
    await this.#parts.end('rollback');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#state !== 'open') throw new Error(`The transaction of this request was ${this.#state}`);
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #attempt<T>(actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
    const { tx } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      await sql`savepoint part`.execute(tx);
      try {
        await become(tx, actor);
        const worked = await ambient.run({ held: this, joined: true }, () => work(tx));
        await lastWritesOf(tx);
        await sql`release savepoint part`.execute(tx);
        return worked;
      } catch (error) {
        // Where not even this succeeds the connection is gone, and with it everything; what broke it says more.
        await sql`rollback to savepoint part`.execute(tx).catch(() => undefined);
        if (attempt >= attemptsMax || !isTransient(error)) throw error;
      }
    }
  }
}
