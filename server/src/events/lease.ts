// Which of several nodes does what one of them has to do. The holder is decided by one row, by the database's clock alone;
// between its renewals a node trusts its own clock only to notice that its time has run out, never that it has begun.
import { sql } from 'kysely';
import { v4 as uuidv4 } from 'uuid';
import { backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { createLoop } from '../platform/loop.ts';
import { createService, type Service } from '../platform/service.ts';

export interface LeaseOptions {
  readonly db: Database;
  /** What the lease is for. */
  readonly name: string;
  /** How long it is held without being renewed, in ms: the longest that nobody does the work after a kill. */
  readonly ttlMs?: number;
  /** Pause between renewals, and between attempts to get it, in ms. */
  readonly intervalMs?: number;
  readonly onError: (error: unknown) => void;
  /** Called when this node has become the holder. */
  readonly onTaken?: () => void;
}

export interface Lease extends Service {
  /** Above that of every earlier holder; null while this node does not hold the lease. */
  token(): number | null;
}

const actor = backgroundActor('lease');

/** Tries to get and keep the lease from `start` on; `stop` gives it back, so that another node need not wait. */
export function createLease(options: LeaseOptions): Lease {
  const { db, name, ttlMs = 5_000, intervalMs = 1_000, onError, onTaken } = options;
  const holder = uuidv4();
  let held: { readonly token: number; readonly endsAtMs: number } | null = null;

  function token(): number | null {
    return held !== null && systemClock.monotonicMs() < held.endsAtMs ? held.token : null;
  }

  async function renew(): Promise<void> {
    // Counted from before the question: the database's own term can only end later.
    const askedAtMs = systemClock.monotonicMs();
    const given = await db.transaction(actor, (tx) => take(tx, { name, holder, ttlMs }));
    const isNew = given !== null && token() !== given;
    held = given === null ? null : { token: given, endsAtMs: askedAtMs + ttlMs };
    if (isNew) onTaken?.();
  }

  const loop = createLoop({ name: `lease ${name}`, intervalMs, work: renew, onError });
  const service = createService({
    name: loop.name,
    start: () => loop.start(),
    stop: async () => {
      await loop.stop();
      const last = token();
      held = null;
      if (last === null) return;
      // Where it cannot be given back it ends by itself.
      await db.transaction(actor, (tx) => giveBack(tx, { name, holder, token: last })).catch(onError);
    },
  });
  return { ...service, token };
}

interface Claim {
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
}

/** The holder's token, or null where somebody else holds it. A holder that let it end takes it as a new one. */
async function take(tx: Tx, { name, holder, ttlMs }: Claim): Promise<number | null> {
  const ends = sql`clock_timestamp() + ${ttlMs} * interval '1 millisecond'`;
  const { rows } = await sql<{ token: number }>`
    insert into relay_lease as lease (name, holder, token, expires_at) values (${name}, ${holder}, 1, ${ends})
    on conflict (name) do update set
      token = lease.token + (lease.expires_at <= clock_timestamp() or lease.holder <> excluded.holder)::int,
      holder = excluded.holder, expires_at = ${ends}
    where lease.holder = excluded.holder or lease.expires_at <= clock_timestamp()
    returning token`.execute(tx);
  return rows[0]?.token ?? null;
}

async function giveBack(tx: Tx, held: { name: string; holder: string; token: number }): Promise<void> {
  await sql`update relay_lease set expires_at = clock_timestamp()
    where name = ${held.name} and holder = ${held.holder} and token = ${held.token}`.execute(tx);
}
