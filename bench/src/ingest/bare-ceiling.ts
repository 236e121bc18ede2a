// The most that PostgreSQL itself takes: the very rows that we wrote, written again by INSERT … SELECT from tables beside
// them, into the same tables with their indexes, constraints, row security and log. No parsing, no deciding, no network,
// no reading; what is left is what any ingest into this schema must pay.
import pg from 'pg';

const salesPerCommit = 1_000;
/** Shops are dealt out in so many shards, so that connections never wait for each other's stock. */
const shards = 4;
const connectionCounts = [1, 2, 4] as const;

/** What the database fills in by itself. */
const filledIn = ['xid', 'seq', 'recorded_at'];

interface Batch {
  readonly shard: number;
  readonly batch: number;
  readonly sales: number;
}

export interface Ceiling {
  /** Sales a second by number of connections, one rate a round. */
  readonly rates: ReadonlyMap<number, readonly number[]>;
}

/**
 * Measures in a copy of a database that sales were booked in. Empties its books and fills them again, once a round and
 * number of connections, for at most `roundMs` each.
 */
export async function measureBareCeiling(
  ownerUrl: string,
  { roundMs, rounds }: { readonly roundMs: number; readonly rounds: number },
): Promise<Ceiling> {
  const owner = new pg.Client(ownerUrl);
  await owner.connect();
  try {
    const statements = await setAside(owner);
    const { rows: batches } = await owner.query<Batch>(
      'select shard, batch, count(*)::int as sales from bare_plan group by 1, 2 order by 2, 1',
    );
    const rates = new Map<number, number[]>(connectionCounts.map((count) => [count, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [count, measured] of rates) {
        await owner.query('truncate pos_transactions, pos_transaction_items, stock_movements, sync_events');
        const clients = await Promise.all(Array.from({ length: count }, () => connected(ownerUrl)));
        try {
          measured.push(await fill({ clients, batches, statements, roundMs }));
        } finally {
          await Promise.all(clients.map((client) => client.end()));
        }
      }
    }
    return { rates };
  } finally {
    await owner.end();
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}

/** Each connection writes its shards' batches, one commit after the other, until time is up or nothing is left. */
async function fill(work: {
  readonly clients: readonly pg.Client[];
  readonly batches: readonly Batch[];
  readonly statements: (batch: Batch) => string;
  readonly roundMs: number;
}): Promise<number> {
  const { clients, batches, statements, roundMs } = work;
  const startedAt = performance.now();
  let sales = 0;
  await Promise.all(
    clients.map(async (client, place) => {
      for (const batch of batches) {
        if (batch.shard % clients.length !== place) continue;
        if (performance.now() - startedAt > roundMs) break;
        await client.query(statements(batch));
        sales += batch.sales;
      }
    }),
  );
  return (sales / (performance.now() - startedAt)) * 1_000;
}

/** Copies the rows beside the books, cut into commits; answers the text of one commit, sent in one round trip. */
async function setAside(owner: pg.Client): Promise<(batch: Batch) => string> {
  await owner.query(`
    create unlogged table bare_plan as
    select location_id, id, xid, shard, ((row_number() over (partition by shard order by seq) - 1) / ${salesPerCommit})::int as batch
    from (
      select location_id, entity_id as id, xid, seq, (dense_rank() over (order by location_id) % ${shards})::int as shard
      from sync_events where event_type = 'pos.transaction'
    ) as sale`);
  const sales = await copyOf(owner, 'pos_transactions', 'bare_plan as plan using (location_id, id)');
  const lines = await copyOf(
    owner,
    'pos_transaction_items',
    '(select location_id, id as transaction_id, shard, batch from bare_plan) as plan using (location_id, transaction_id)',
  );
  const movements = await copyOf(
    owner,
    'stock_movements',
    '(select location_id, id as reference_id, shard, batch from bare_plan) as plan using (location_id, reference_id)',
  );
  // An item's event told of all sales of its commit, so it is written with the last of them.
  const events = await copyOf(
    owner,
    'sync_events',
    '(select location_id, xid, shard, max(batch) as batch from bare_plan group by 1, 2, 3) as plan using (location_id, xid)',
  );
  const { rows } = await owner.query<{ shard: number; locations: string; franchises: string }>(
    `select shard, array_agg(distinct location_id)::text as locations, array_agg(distinct franchise_id)::text as franchises
     from bare_pos_transactions group by shard`,
  );
  const placesOf = new Map(rows.map((row) => [row.shard, row]));
  return ({ shard, batch }) => {
    const places = placesOf.get(shard);
    const where = `where shard = ${shard} and batch = ${batch}`;
    return `begin;
      select set_config('role', 'tillstream_ingest', true), set_config('app.locations', '${places?.locations}', true),
        set_config('app.memberships', '${places?.franchises}', true);
      ${sales} ${where};
      ${lines} ${where};
      update inventory_items as item set current_stock = item.current_stock + moved.change, updated_at = now()
      from (select location_id, inventory_item_id, sum(quantity) as change from bare_stock_movements ${where} group by 1, 2)
        as moved
      where item.location_id = moved.location_id and item.id = moved.inventory_item_id;
      ${movements} ${where};
      ${events} ${where};
      commit;`;
  };
}

/** Copies a table's rows with their shard and batch; answers the INSERT … SELECT that puts them back, without its WHERE. */
async function copyOf(owner: pg.Client, table: string, join: string): Promise<string> {
  const { rows } = await owner.query<{ column: string }>(
    `select quote_ident(attname) as column from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> all($2) order by attnum`,
    [table, filledIn],
  );
  const columns = rows.map((row) => row.column);
  const order = table === 'sync_events' ? 'seq' : 'id';
  const sorted = table === 'pos_transaction_items' ? 'transaction_id, line_number' : order;
  await owner.query(`
    create unlogged table bare_${table} as
    select plan.shard, plan.batch, ${columns.map((column) => `${table}.${column}`).join(', ')}
    from ${table} join ${join} order by plan.batch, plan.shard, ${table}.${sorted.replace(', ', `, ${table}.`)}`);
  await owner.query(`create index on bare_${table} (shard, batch)`);
  await owner.query(`grant select on bare_${table} to tillstream_ingest`);
  await owner.query(`analyze bare_${table}`);
  return `insert into ${table} (${columns.join(', ')}) select ${columns.join(', ')} from bare_${table}`;
}
