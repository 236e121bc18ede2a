// The statements about days at their end: what is booked of them, and what a comparison came to.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { SaleAtVendor } from '../polling/till-run.ts';
import type { DayDifference, DaySale, DayTotals } from './compare-day.ts';
import type { ReceiptGap } from './receipt-gaps.ts';

interface SystemKey {
  readonly locationId: string;
  readonly posSystemId: string;
}

/** Everything of the till that is booked for these days. */
export async function loadBookedDays(
  tx: Tx,
  { locationId, posSystemId, from, to }: SystemKey & { readonly from: string; readonly to: string },
): Promise<DaySale[]> {
  const { rows } = await sql<DaySale>`
    select kind, external_transaction_id as "externalId", version::double precision as version,
      business_date::text as "businessDate", total_amount::text as total,
      case when breakdown ? 'tenders' and jsonb_array_length(breakdown -> 'tenders') > 0 then
        (select jsonb_agg(jsonb_build_object('method', tender ->> 'method',
          'amount', ((tender ->> 'amount')::numeric + coalesce((tender ->> 'tip')::numeric, 0))::text))
         from jsonb_array_elements(breakdown -> 'tenders') as tender)
      when payment_method is not null then
        jsonb_build_array(jsonb_build_object('method', payment_method, 'amount', total_amount::text))
      else '[]' end as tenders
    from pos_transactions
    where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid
      -- The index goes by time; a day's sales lie within a week of it, offline ones a little further.
      and transaction_timestamp >= ${from}::date - interval '10 days'
      and transaction_timestamp < ${to}::date + interval '10 days'
      and business_date between ${from}::date and ${to}::date
  `.execute(tx);
  return rows;
}

export interface DayReceipt {
  readonly businessDate: string;
  readonly receiptNumber: string;
  readonly registerId: string | null;
}

/** The numbers of receipts of a till from `from` on, up to and with `to`. */
export async function loadReceipts(
  tx: Tx,
  { locationId, posSystemId, from, to }: SystemKey & { readonly from: string; readonly to: string },
): Promise<DayReceipt[]> {
  const { rows } = await sql<DayReceipt>`
    select business_date::text as "businessDate", metadata ->> 'receiptNumber' as "receiptNumber",
      coalesce(metadata ->> 'registerId', metadata ->> 'terminalId') as "registerId"
    from pos_transactions
    where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid
      and transaction_timestamp >= ${from}::date - interval '10 days'
      and transaction_timestamp < ${to}::date + interval '10 days'
      and business_date between ${from}::date and ${to}::date and metadata ? 'receiptNumber'
  `.execute(tx);
  return rows;
}

// ---- What the pages of a look back said, until its days are proved

export interface LookBackKey {
  readonly locationId: string;
  /** Of the sync that looks back. */
  readonly id: string;
}

interface Tenancy {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
}

/** What was read; no two of the sales have one kind and id. */
export interface SeenPage {
  readonly sales: readonly SaleAtVendor[];
  /** Refunds in the books that the page counts without naming them, by external id. */
  readonly standing: readonly string[];
}

/** A sale may be in more than one page; its highest version counts, and once it was news it stays so. */
export async function keepSeen(tx: Tx, sync: LookBackKey & Tenancy, { sales, standing }: SeenPage): Promise<void> {
  if (sales.length + standing.length === 0) return;
  const ids = [...new Set(standing)].map((externalId) => ({ kind: 'standing', externalId, isNews: false }));
  await sql`
    insert into pos_proof_sales as known (location_id, sync_id, franchise_id, franchisee_id, kind, external_id, version,
      business_date, total, tenders, is_news)
    select ${sync.locationId}::uuid, ${sync.id}::uuid, ${sync.franchiseId}::uuid, ${sync.franchiseeId}::uuid, seen.kind,
      seen."externalId", seen.version, seen."businessDate", seen.total, seen.tenders, seen."isNews"
    from jsonb_to_recordset(${JSON.stringify([...sales, ...ids])}::jsonb) as seen(kind text, "externalId" text,
      version bigint, "businessDate" date, total text, tenders jsonb, "isNews" boolean)
    on conflict (location_id, sync_id, kind, external_id) do update
    set is_news = known.is_news or excluded.is_news, version = greatest(known.version, excluded.version),
      business_date = case when known.version > excluded.version then known.business_date else excluded.business_date end,
      total = case when known.version > excluded.version then known.total else excluded.total end,
      tenders = case when known.version > excluded.version then known.tenders else excluded.tenders end
  `.execute(tx);
}

export async function loadSeen(tx: Tx, { locationId, id }: LookBackKey): Promise<SeenPage> {
  const { rows } = await sql<SaleAtVendor | { readonly kind: 'standing'; readonly externalId: string }>`
    select kind, external_id as "externalId", version::double precision as version,
      business_date::text as "businessDate", total, tenders, is_news as "isNews"
    from pos_proof_sales where location_id = ${locationId}::uuid and sync_id = ${id}::uuid
  `.execute(tx);
  const sales = rows.flatMap((row) => (row.kind === 'standing' ? [] : [row]));
  return { sales, standing: rows.flatMap(({ kind, externalId }) => (kind === 'standing' ? [externalId] : [])) };
}

export async function forgetSeen(tx: Tx, locationId: string, syncIds: readonly string[]): Promise<void> {
  await sql`
    delete from pos_proof_sales where location_id = ${locationId}::uuid and sync_id = any(${syncIds}::uuid[])
  `.execute(tx);
}

export interface UncheckedDay extends SystemKey {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly businessDate: string;
}

/**
 * Days that are over for two hours of tills which nobody is asked about, of those that number their receipts, that have
 * not been looked through since they were over; each for three nights, as receipts may come late.
 */
export async function listUncheckedDays(tx: Tx, at: Date, limit: number): Promise<UncheckedDay[]> {
  const { rows } = await sql<UncheckedDay>`
    select shop.id as "locationId", system.id as "posSystemId", shop.franchise_id as "franchiseId",
      shop.franchisee_id as "franchiseeId", day.date::text as "businessDate"
    from locations as shop
    cross join lateral (
      select ((${at}::timestamptz at time zone shop.time_zone) - make_interval(hours => shop.closing_hour + 2))::date as date
    ) as today
    join pos_systems as system on system.location_id = shop.id
    cross join lateral (select today.date - back as date from generate_series(1, 3) as back) as day
    where not exists (
        select from pos_connections as asked
        where asked.location_id = shop.id and asked.pos_system_id = system.id and asked.enabled
      ) and not exists (
        select from pos_day_proofs as proof
        where proof.location_id = shop.id and proof.pos_system_id = system.id and proof.business_date = day.date
          and (proof.state <> 'unproven' or proof.checked_at >=
            (today.date + make_interval(hours => shop.closing_hour + 2)) at time zone shop.time_zone)
      ) and exists (
        select from pos_transactions as sale
        where sale.location_id = shop.id and sale.pos_system_id = system.id and sale.business_date = day.date
          and sale.transaction_timestamp >= day.date - interval '10 days'
          and sale.transaction_timestamp < day.date + interval '10 days' and sale.metadata ? 'receiptNumber'
      )
    order by 1, 2, 5 limit ${limit}
  `.execute(tx);
  return rows;
}

export interface ProofRow extends SystemKey {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly businessDate: string;
  /** `unproven`: there is no vendor to compare with. */
  readonly state: 'equal' | 'healed' | 'different' | 'unproven';
  /** Null where it is unproven. */
  readonly vendor: DayTotals | null;
  readonly booked: DayTotals;
  readonly differences: readonly DayDifference[];
  readonly receiptGaps: readonly ReceiptGap[];
  readonly repaired: number;
  readonly checkedAt: Date;
}

export interface KeptProof {
  readonly state: ProofRow['state'];
  /** The comparison before, null where the day had none: its state and totals. */
  readonly before: { readonly state: ProofRow['state']; readonly totals: readonly (string | number)[] } | null;
}

/**
 * The last comparison of a day counts; what was healed once stays told. Only who has the till's lease writes its days, so
 * what is read before is what is replaced.
 */
export async function keepProof(tx: Tx, row: Omit<ProofRow, 'checkedAt'>): Promise<KeptProof> {
  const { rows: known } = await sql<NonNullable<KeptProof['before']>>`
    select state, jsonb_build_array(vendor -> 'total', vendor -> 'count', booked -> 'total', booked -> 'count') as totals
    from pos_day_proofs
    where location_id = ${row.locationId}::uuid and pos_system_id = ${row.posSystemId}::uuid
      and business_date = ${row.businessDate}::date
  `.execute(tx);
  const { rows } = await sql<{ state: ProofRow['state'] }>`
    insert into pos_day_proofs as known (location_id, pos_system_id, business_date, franchise_id, franchisee_id, state,
      vendor, booked, differences, receipt_gaps, repaired, checked_at)
    values (${row.locationId}::uuid, ${row.posSystemId}::uuid, ${row.businessDate}::date, ${row.franchiseId}::uuid,
      ${row.franchiseeId}::uuid, ${row.state}, ${row.vendor && JSON.stringify(row.vendor)}::jsonb, ${JSON.stringify(row.booked)}::jsonb,
      ${JSON.stringify(row.differences)}::jsonb, ${JSON.stringify(row.receiptGaps)}::jsonb, ${row.repaired}::integer,
      clock_timestamp())
    on conflict (location_id, pos_system_id, business_date) do update
    set state = case when excluded.state = 'equal' and (known.state = 'healed' or known.repaired > 0) then 'healed'
        else excluded.state end,
      vendor = excluded.vendor, booked = excluded.booked, differences = excluded.differences,
      receipt_gaps = excluded.receipt_gaps, repaired = known.repaired + excluded.repaired, checked_at = excluded.checked_at
    returning state
  `.execute(tx);
  return { state: rows[0]?.state ?? row.state, before: known[0] ?? null };
}

/** What people call the shop and its till. */
export async function findTillNames(
  tx: Tx,
  { locationId, posSystemId }: SystemKey,
): Promise<{ readonly locationName: string; readonly posSystemName: string; readonly currency: string }> {
  const { rows } = await sql<{ locationName: string; posSystemName: string; currency: string }>`
    select shop.name as "locationName", system.name as "posSystemName", shop.currency
    from pos_systems as system join locations as shop on shop.id = system.location_id
    where system.location_id = ${locationId}::uuid and system.id = ${posSystemId}::uuid
  `.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error(`There is no POS system ${posSystemId}`);
  return row;
}

const proofColumns = sql`location_id as "locationId", pos_system_id as "posSystemId", franchise_id as "franchiseId",
  franchisee_id as "franchiseeId", business_date::text as "businessDate", state, vendor, booked, differences,
  receipt_gaps as "receiptGaps", repaired, checked_at as "checkedAt"`;

/** The newest day first. */
export async function listProofs(
  tx: Tx,
  wanted: SystemKey & { readonly before: string | null; readonly limit: number; readonly differing: boolean },
): Promise<ProofRow[]> {
  const { rows } = await sql<ProofRow>`
    select ${proofColumns} from pos_day_proofs
    where location_id = ${wanted.locationId}::uuid and pos_system_id = ${wanted.posSystemId}::uuid
      and (${wanted.before}::date is null or business_date < ${wanted.before}::date)
      and (not ${wanted.differing}::boolean or state = 'different' or receipt_gaps <> '[]')
    order by business_date desc limit ${wanted.limit}
  `.execute(tx);
  return rows;
}

/** When a shop's business day begins and ends. */
export async function businessDayBounds(
  tx: Tx,
  { locationId, businessDate }: { readonly locationId: string; readonly businessDate: string },
): Promise<{ readonly start: Date; readonly end: Date }> {
  const { rows } = await sql<{ start: Date; end: Date }>`
    select (${businessDate}::date + make_interval(hours => closing_hour)) at time zone time_zone as start,
      (${businessDate}::date + 1 + make_interval(hours => closing_hour)) at time zone time_zone as "end"
    from locations where id = ${locationId}::uuid
  `.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error(`There is no location ${locationId}`);
  return row;
}
