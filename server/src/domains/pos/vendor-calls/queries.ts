// The statement behind the limits that all nodes share.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';

export interface Permits {
  readonly name: string;
  /** How long the vendor's allowance is used up by what is granted, in ms. */
  readonly spanMs: number;
}

/**
 * Takes the next free span of the allowance, and answers in how many ms it begins; null, and nothing is taken, where that
 * is above `waitMsMax`.
 */
export async function grantPermits(
  tx: Tx,
  { name, spanMs, waitMsMax }: Permits & { readonly waitMsMax: number },
): Promise<number | null> {
  const span = sql`${spanMs}::double precision * interval '1 millisecond'`;
  const { rows } = await sql<{ waitMs: number }>`
    insert into pos_rate_limits as known (name, granted_until) values (${name}, clock_timestamp() + ${span})
    on conflict (name) do update set granted_until = greatest(known.granted_until, clock_timestamp()) + ${span}
    where known.granted_until <= clock_timestamp() + ${waitMsMax}::double precision * interval '1 millisecond'
    returning (extract(epoch from granted_until - ${span} - clock_timestamp()) * 1000)::double precision as "waitMs"
  `.execute(tx);
  const [granted] = rows;
  return granted === undefined ? null : Math.max(0, granted.waitMs);
}

/** In how many ms the next span begins that nobody has taken. */
export async function freeSpanInMs(tx: Tx, name: string): Promise<number> {
  const { rows } = await sql<{ waitMs: number }>`
    select (extract(epoch from granted_until - clock_timestamp()) * 1000)::double precision as "waitMs"
    from pos_rate_limits where name = ${name}
  `.execute(tx);
  return Math.max(0, rows[0]?.waitMs ?? 0);
}

/** Nobody is granted anything before `ms` from now; what was granted for later stands. */
export async function holdPermits(tx: Tx, { name, ms }: { name: string; ms: number }): Promise<void> {
  const until = sql`clock_timestamp() + ${ms}::double precision * interval '1 millisecond'`;
  await sql`
    insert into pos_rate_limits as known (name, granted_until) values (${name}, ${until})
    on conflict (name) do update set granted_until = greatest(known.granted_until, excluded.granted_until)
  `.execute(tx);
}
