// The statements of the schedule: what is due, who is at it, how far it has come, how it went. Times are the database's
// clock, which all nodes share; windows and cursors are the vendor's.
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { ConnectionFields, PosSystemType } from '../connectors/connector.ts';
import { nextScan } from '../systems/queries.ts';

export interface SystemKey {
  readonly locationId: string;
  readonly posSystemId: string;
}

/** A till whose turn it is, with all that a run needs to know of it. */
export interface DueTill extends SystemKey {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly systemType: PosSystemType;
  readonly apiEndpoint: string | null;
  readonly host: string;
  readonly settings: ConnectionFields;
  /** Null where they were taken away. */
  readonly sealed: Buffer | null;
  readonly currency: string;
  readonly timeZone: string;
  readonly closingHour: number;
  readonly cursorAt: Date;
  readonly floorAt: Date;
  readonly windowTo: Date | null;
  readonly resumeAt: string | null;
  readonly catalogueAt: Date | null;
  readonly catalogueFailedAt: Date | null;
  readonly vendorOffsetMs: number;
  readonly isPollDue: boolean;
  readonly isScanDue: boolean;
  readonly nextPollAt: string | null;
  readonly wakeAt: string | null;
  readonly failuresInRow: number;
  readonly edition: number;
  /** How long it has been due, in ms. */
  readonly lateMs: number;
}

export interface Claim {
  /** The node. */
  readonly holder: string;
  readonly ttlMs: number;
  readonly limit: number;
  /** How many of a make's tills one host serves at once, over all nodes. */
  readonly hostMax: Readonly<Record<PosSystemType, number>>;
  /** Hosts that do not answer at present, and how many of their tills try. */
  readonly sickHosts: readonly string[];
  readonly sickMax: number;
}

/**
 * Gives the holder the tills that are due, the longest due first, no more of one host than it serves at once. One node at
 * a time: the counts are only right while nobody else claims. Null where somebody else is claiming.
 */
export async function claimDue(tx: Tx, claim: Claim): Promise<DueTill[] | null> {
  const { rows: locks } = await sql<{ ours: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('pos schedule', 0)) as ours
  `.execute(tx);
  if (locks[0]?.ours !== true) return null;
  const { holder, ttlMs, limit, hostMax, sickHosts, sickMax } = claim;
  const { rows } = await sql<DueTill>`
    with busy as materialized (
      select host, count(*) as tills from pos_connections
      where lease_holder is not null and lease_until > clock_timestamp() group by host
    ), due as materialized (
      select location_id, pos_system_id, host, system_type, due_at,
        row_number() over (partition by host order by due_at) as place
      from pos_connections
      where enabled and due_at <= clock_timestamp() and (lease_until is null or lease_until <= clock_timestamp())
    ), chosen as materialized (
      select due.location_id, due.pos_system_id, due.due_at from due left join busy using (host)
      where due.place + coalesce(busy.tills, 0) <=
        case when due.host = any(${sickHosts}::text[]) then ${sickMax}::integer
          else (${JSON.stringify(hostMax)}::jsonb ->> due.system_type)::integer end
      order by due.due_at limit ${limit}
    )
    update pos_connections as asked
    set lease_holder = ${holder}::uuid, lease_until = clock_timestamp() + ${ttlMs} * interval '1 millisecond',
      started_at = clock_timestamp()
    from chosen, pos_systems as system, locations as shop
    where asked.location_id = chosen.location_id and asked.pos_system_id = chosen.pos_system_id
      and system.location_id = chosen.location_id and system.id = chosen.pos_system_id and shop.id = chosen.location_id
    returning asked.location_id as "locationId", asked.pos_system_id as "posSystemId",
      shop.franchise_id as "franchiseId", shop.franchisee_id as "franchiseeId", asked.system_type as "systemType",
      system.api_endpoint as "apiEndpoint", asked.host, system.settings, system.api_credentials as sealed,
      shop.currency, shop.time_zone as "timeZone", shop.closing_hour as "closingHour", asked.cursor_at as "cursorAt",
      asked.floor_at as "floorAt", asked.window_to as "windowTo", asked.resume_at as "resumeAt",
      asked.catalogue_at as "catalogueAt", asked.catalogue_failed_at as "catalogueFailedAt", asked.edition,
      asked.vendor_offset_ms::double precision as "vendorOffsetMs",
      coalesce(asked.next_poll_at <= clock_timestamp(), false) as "isPollDue",
      asked.next_poll_at is not null and asked.next_scan_at <= clock_timestamp() as "isScanDue",
      asked.next_poll_at::text as "nextPollAt", asked.wake_at::text as "wakeAt",
      asked.failures_in_row as "failuresInRow",
      (extract(epoch from clock_timestamp() - chosen.due_at) * 1000)::double precision as "lateMs"
  `.execute(tx);
  return rows;
}

/** When the next till is due, in ms from now; null where none is. */
export async function nextDueInMs(tx: Tx): Promise<number | null> {
  const { rows } = await sql<{ inMs: number | null }>`
    select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::double precision as "inMs"
    from pos_connections where enabled and lease_holder is null
  `.execute(tx);
  return rows[0]?.inMs ?? null;
}

export interface Renewal extends Pick<Claim, 'holder' | 'ttlMs'> {
  /** The tills that a run is at, as `location/system`. */
  readonly running: readonly string[];
}

/**
 * Keeps the leases of a node, of tills alone that it is at: a lease whose run is over and could not give it back ends by
 * itself. Answers those that it still has, as `location/system`.
 */
export async function renewLeases(tx: Tx, { holder, ttlMs, running }: Renewal): Promise<Set<string>> {
  const { rows } = await sql<{ key: string }>`
    update pos_connections set lease_until = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
    where lease_holder = ${holder}::uuid and enabled
      and location_id || '/' || pos_system_id = any(${running}::text[])
    returning location_id || '/' || pos_system_id as key
  `.execute(tx);
  return new Set(rows.map(({ key }) => key));
}

export interface Held extends SystemKey {
  readonly holder: string;
  /** As the till was claimed: an edit since then has made it another. */
  readonly edition: number;
}

/** The next page of the window begins here. False where the till is somebody else's by now. */
export async function keepPlace(
  tx: Tx,
  held: Held,
  { windowTo, resumeAt }: { readonly windowTo: Date; readonly resumeAt: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_connections set window_to = ${windowTo}::timestamptz, resume_at = ${resumeAt}
    where location_id = ${held.locationId}::uuid and pos_system_id = ${held.posSystemId}::uuid
      and lease_holder = ${held.holder}::uuid and enabled and edition = ${held.edition}::integer
  `.execute(tx);
  return numAffectedRows === 1n;
}

/** The window is through: everything that changed up to its end is booked. False as above. */
export async function moveCursor(
  tx: Tx,
  held: Held,
  { to, isNews }: { readonly to: Date; readonly isNews: boolean },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_connections
    set cursor_at = greatest(cursor_at, ${to}::timestamptz), window_to = null, resume_at = null,
      news_at = case when ${isNews} then clock_timestamp() else news_at end
    where location_id = ${held.locationId}::uuid and pos_system_id = ${held.posSystemId}::uuid
      and lease_holder = ${held.holder}::uuid and enabled and edition = ${held.edition}::integer
  `.execute(tx);
  return numAffectedRows === 1n;
}

/** Whether the till is still what it was claimed as: ours, asked, and with what it was opened with. */
export async function isStillHeld(tx: Tx, held: Held): Promise<boolean> {
  const { rows } = await sql`
    select 1 from pos_connections
    where location_id = ${held.locationId}::uuid and pos_system_id = ${held.posSystemId}::uuid
      and lease_holder = ${held.holder}::uuid and enabled and edition = ${held.edition}::integer
  `.execute(tx);
  return rows.length === 1;
}

export async function keepCatalogueTime(tx: Tx, held: Held, at: Date): Promise<void> {
  await sql`
    update pos_connections
    set catalogue_at = ${at}::timestamptz, catalogue_failed_at = null, catalogue_failure = null
    where location_id = ${held.locationId}::uuid and pos_system_id = ${held.posSystemId}::uuid
      and lease_holder = ${held.holder}::uuid and edition = ${held.edition}::integer
  `.execute(tx);
}

export async function keepCatalogueFailure(
  tx: Tx,
  held: Held,
  { at, detail }: { readonly at: Date; readonly detail: string },
): Promise<void> {
  await sql`
    update pos_connections set catalogue_failed_at = ${at}::timestamptz, catalogue_failure = ${detail}
    where location_id = ${held.locationId}::uuid and pos_system_id = ${held.posSystemId}::uuid
      and lease_holder = ${held.holder}::uuid and edition = ${held.edition}::integer
  `.execute(tx);
}

export interface RunEnd {
  readonly vendorOffsetMs: number | null;
  /** What made it due, as it was claimed: moved on unless somebody has set it anew meanwhile. */
  readonly nextPollAt: string | null;
  readonly wakeAt: string | null;
  /** There is more to do, in so many ms. */
  readonly againInMs: number | null;
  readonly wasPolled: boolean;
  readonly wasScanned: boolean;
  readonly failure: { readonly kind: string; readonly detail: string; readonly pauseMs: number } | null;
}

/** One statement: how it went, when it is due again, and the lease given back. */
export async function endRun(tx: Tx, held: Held, end: RunEnd): Promise<void> {
  const { vendorOffsetMs, nextPollAt, wakeAt, againInMs, wasPolled, wasScanned, failure } = end;
  const inMs = (ms: number | null) => sql`clock_timestamp() + ${ms}::double precision * interval '1 millisecond'`;
  // In step with its own beat, so that tills stay spread over their minutes; after an outage, from the next beat on.
  const beat = sql`asked.frequency_minutes * interval '1 minute'`;
  const nextBeat = sql`asked.next_poll_at + ${beat} *
    (1 + floor(greatest(0, extract(epoch from clock_timestamp() - asked.next_poll_at)) / (asked.frequency_minutes * 60)))`;
  await sql`
    update pos_connections as asked
    set lease_holder = null, lease_until = null,
      vendor_offset_ms = coalesce(${vendorOffsetMs}::bigint, asked.vendor_offset_ms),
      next_poll_at = case
        when asked.next_poll_at is null or asked.next_poll_at::text is distinct from ${nextPollAt}::text
          then asked.next_poll_at
        when ${failure !== null} then greatest(asked.next_poll_at, ${inMs(failure?.pauseMs ?? 0)})
        when ${wasPolled} then ${nextBeat}
        else asked.next_poll_at end,
      wake_at = case
        when asked.wake_at::text is distinct from ${wakeAt}::text then
          case when ${failure !== null} then greatest(asked.wake_at, ${inMs(failure?.pauseMs ?? 0)}) else asked.wake_at end
        else ${inMs(againInMs)} end,
      next_scan_at = case when ${wasScanned} then ${nextScan} else asked.next_scan_at end,
      succeeded_at = case when ${failure === null} then clock_timestamp() else asked.succeeded_at end,
      failed_at = case when ${failure !== null} then clock_timestamp() else asked.failed_at end,
      failure_kind = ${failure?.kind ?? null}::text, failure_detail = ${failure?.detail ?? null}::text,
      failures_in_row = case when ${failure === null} then 0 else asked.failures_in_row + 1 end
    from locations as shop
    where asked.location_id = ${held.locationId}::uuid and asked.pos_system_id = ${held.posSystemId}::uuid
      and asked.lease_holder = ${held.holder}::uuid and shop.id = asked.location_id
  `.execute(tx);
}

/** Gives the lease back as if nothing had been begun: what was due stays due. */
export async function leaveTill(tx: Tx, held: Held): Promise<void> {
  await sql`
    update pos_connections set lease_holder = null, lease_until = null
    where location_id = ${held.locationId}::uuid and pos_system_id = ${held.posSystemId}::uuid
      and lease_holder = ${held.holder}::uuid
  `.execute(tx);
}

/**
 * When a till is due that something has come up for: within `inMs`, if it is not due before. While a run is at it, always a
 * new instant: the end of a run takes back the one that it began with, and would take a wish with it that came meanwhile.
 */
export function wokenAt(inMs: number): RawBuilder<Date> {
  const at = sql`clock_timestamp() + ${inMs}::double precision * interval '1 millisecond'`;
  return sql<Date>`case when asked.lease_holder is null then least(asked.wake_at, ${at}) else ${at} end`;
}

/** Due within `inMs`, if it is not due before. */
export async function wakeTill(tx: Tx, key: SystemKey, inMs: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_connections as asked set wake_at = ${wokenAt(inMs)}
    where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid and enabled
  `.execute(tx);
  return numAffectedRows === 1n;
}

// ---- Hints

export interface Hint {
  /** When the vendor told it. */
  readonly toldAt: Date;
  readonly kind: string;
  readonly externalId: string;
  readonly arrivals: number;
  readonly attempts: number;
}

/** The oldest that are to be looked at by now. */
export async function dueHints(tx: Tx, key: SystemKey, limit: number): Promise<Hint[]> {
  const { rows } = await sql<Hint>`
    select kind, external_id as "externalId", arrivals, attempts, coalesce(told_at, created_at) as "toldAt"
    from pos_hints
    where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid
      and next_attempt_at <= clock_timestamp()
    order by created_at, external_id limit ${limit}
  `.execute(tx);
  return rows;
}

/** Removes it as it was when its fetch began; one that came again meanwhile stays. */
export async function removeHint(tx: Tx, key: SystemKey, hint: Hint): Promise<void> {
  await sql`
    delete from pos_hints
    where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid
      and kind = ${hint.kind} and external_id = ${hint.externalId} and arrivals = ${hint.arrivals}::integer
  `.execute(tx);
}

export async function databaseNow(tx: Tx): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(tx);
  return (rows[0] as { now: Date }).now;
}

/** Those about sales that came last before then; each arrival moves its hint's next attempt to its own time. */
export async function removeHintsUntil(tx: Tx, key: SystemKey, until: Date): Promise<void> {
  await sql`
    delete from pos_hints
    where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid
      and next_attempt_at < ${until}::timestamptz and kind in ('order', 'payment', 'refund')
  `.execute(tx);
}

export async function postponeHint(tx: Tx, key: SystemKey, hint: Hint & { readonly inMs: number }): Promise<void> {
  await sql`
    update pos_hints set attempts = attempts + 1,
      next_attempt_at = clock_timestamp() + ${hint.inMs}::double precision * interval '1 millisecond'
    where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid
      and kind = ${hint.kind} and external_id = ${hint.externalId}
  `.execute(tx);
}

/** In how many ms the next hint is to be looked at; null where there is none. */
export async function nextHintInMs(tx: Tx, key: SystemKey): Promise<number | null> {
  const { rows } = await sql<{ inMs: number | null }>`
    select case when count(*) > 0 then
      greatest(0, extract(epoch from min(next_attempt_at) - clock_timestamp()) * 1000)::double precision end as "inMs"
    from pos_hints where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid
  `.execute(tx);
  return rows[0]?.inMs ?? null;
}
