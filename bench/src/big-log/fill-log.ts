// Fills the log as months of business would have: weeks of partitions, transactions of many events, a hundred shops.
// Written past append(), which would take an hour.
import { makePartition } from '@tillstream/server/measured';
import pg from 'pg';

export interface Filling {
  readonly events: number;
  /** Events of one commit: a thousand unless told; single sales make about 25 of some seven sales. */
  readonly perTransaction?: number;
  /** When the first and the last of them were recorded; null: as they are written. */
  readonly from: Date | null;
  readonly to: Date | null;
}

const weekMs = 604_800_000;

/** Makes the partitions of the weeks before now, as if the present epoch had begun before them. */
export async function makePastWeeks(owner: pg.Client, weeks: number, now: Date): Promise<Date> {
  const monday = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  const first = new Date(monday.getTime() - weeks * weekMs);
  for (let at = first; at < monday; at = new Date(at.getTime() + weekMs)) {
    await makePartition(owner, { table: 'sync_events', unit: 'week' }, at);
  }
  await owner.query('update feed set changed_at = $1', [first]);
  return first;
}

/** Events look like those of stock: a row before and after, a change of some 300 bytes. */
export async function fillLog(ownerUrl: string, { events, perTransaction = 1_000, from, to }: Filling): Promise<void> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    // Only of this session: what is measured afterwards is as durable as ever.
    await owner.query('set synchronous_commit = off');
    await owner.query(fillProcedure);
    await owner.query('call fill_log($1::int, $2::int, $3::timestamptz, $4::timestamptz)', [
      Math.ceil(events / perTransaction),
      perTransaction,
      from,
      to,
    ]);
  } finally {
    await owner.end();
  }
}

const fillProcedure = `
create or replace procedure fill_log(transactions int, per_transaction int, first timestamptz, last timestamptz)
language plpgsql as $$
declare
  began timestamptz;
begin
  for batch in 0..transactions - 1 loop
    began := coalesce(first + (last - first) * (batch::float8 / transactions), clock_timestamp());
    insert into sync_events (epoch, id, scope_id, franchise_id, franchisee_id, location_id, event_type, entity_type,
      entity_id, table_name, operation, record, old_record, change_data, source_system, metadata, "timestamp", recorded_at)
    select feed.epoch, gen_random_uuid(), shop, '00000000-0000-4000-8000-000000000001', null, shop, 'inventory.update',
      'inventory_item', item, 'inventory_items', 'UPDATE',
      jsonb_build_object('id', item, 'location_id', shop, 'current_stock', n, 'version', 1),
      jsonb_build_object('current_stock', n + 1),
      jsonb_build_object('itemId', item, 'quantity', -1, 'currentStock', n), 'pos', '{}', began, began
    from feed, generate_series(1, per_transaction) n,
      lateral (select ('00000000-0000-4000-9000-' || lpad(((batch + n) % 100)::text, 12, '0'))::uuid as shop,
        ('00000000-0000-4000-a000-' || lpad((n % 500)::text, 12, '0'))::uuid as item) place;
    commit;
  end loop;
end
$$`;
