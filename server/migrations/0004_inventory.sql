-- Why: stock is the sum of its movements. inventory_items.current_stock is the projection, stock_movements the ledger,
-- and both are written in one transaction; the ledger is never updated and never dropped by retention.

create table products (
  id uuid primary key,
  franchise_id uuid not null references franchises,
  sku text not null,
  name text not null,
  unit text not null,
  price money_amount,
  cost_price unit_cost,
  currency currency_code not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1,
  unique (franchise_id, sku)
);

-- version counts edits of the levels by people; sales move current_stock without touching it, or every save of a level
-- would collide with the shop's business. last_counted_at is the instant of the newest count: sales that happened before
-- it and are heard of after it are part of what was counted.
create table inventory_items (
  location_id uuid not null references locations,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  product_id uuid not null references products,
  current_stock quantity not null default 0,
  reorder_level quantity,
  rearm_level quantity,
  max_stock_level quantity,
  last_restocked_at timestamptz,
  last_counted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1,
  primary key (location_id, id),
  unique (location_id, product_id),
  check (rearm_level > reorder_level),
  check (max_stock_level > reorder_level)
);

-- quantity is signed: what it adds to the stock. Movements are not unique by id alone (the partition key must be in
-- every unique key), so they are written only in the transaction that books their cause, whose own key is unique.
create table stock_movements (
  location_id uuid not null,
  recorded_at timestamptz not null default clock_timestamp(),
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  inventory_item_id uuid not null,
  product_id uuid not null,
  movement_type text not null check (movement_type in ('sale', 'in', 'out', 'adjustment', 'waste', 'count')),
  quantity quantity not null,
  reference_type text not null,
  reference_id uuid not null,
  performed_by text not null,
  reason text,
  occurred_at timestamptz not null,
  primary key (location_id, recorded_at, id)
) partition by range (recorded_at);
create index stock_movements_item on stock_movements (location_id, inventory_item_id, recorded_at);

create table stock_alerts (
  location_id uuid not null references locations,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  inventory_item_id uuid not null,
  product_id uuid not null references products,
  state text not null default 'open' check (state in ('open', 'resolved')),
  current_stock quantity not null,
  reorder_level quantity not null,
  rearm_level quantity not null,
  opened_at timestamptz not null default now(),
  resolved_at timestamptz,
  primary key (location_id, id)
);
create unique index stock_alerts_one_open on stock_alerts (location_id, inventory_item_id) where state = 'open';

select tillstream_protect('products', 'brand', array['franchise_id']);
select tillstream_protect('inventory_items', 'shop', array['franchise_id', 'franchisee_id', 'location_id']);
select tillstream_protect('stock_movements', 'shop', array['franchise_id', 'franchisee_id', 'location_id']);
select tillstream_protect('stock_alerts', 'shop', array['franchise_id', 'franchisee_id', 'location_id']);

grant select on products, inventory_items, stock_movements, stock_alerts to tillstream_user, tillstream_background, tillstream_ingest;
grant insert, update on products to tillstream_user;
grant insert, update on inventory_items, stock_alerts to tillstream_user, tillstream_ingest;
grant insert on stock_movements to tillstream_user, tillstream_ingest;
