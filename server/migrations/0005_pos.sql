-- Why: a sale is booked once, for ever. Its identity is (location, POS system, kind, external id); its content version
-- decides whether what arrives is new, a later state, or a repetition. What cannot be booked is kept as its exact bytes.

create table pos_systems (
  location_id uuid not null references locations,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  name text not null,
  system_type text not null check (system_type in ('square', 'clover', 'toast', 'custom')),
  api_endpoint text,
  -- AES-256-GCM, sealed by platform/secrets with this row's identity bound in.
  api_credentials bytea,
  sync_enabled boolean not null default true,
  sync_frequency_minutes integer not null default 15,
  auto_sync boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1,
  primary key (location_id, id)
);

create table pos_transactions (
  location_id uuid not null,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  pos_system_id uuid not null,
  kind text not null default 'sale' check (kind in ('sale')),
  external_transaction_id text not null,
  version bigint not null,
  content_hash bytea not null,
  status text not null check (status in ('completed', 'refunded', 'voided')),
  transaction_timestamp timestamptz not null,
  business_date date not null,
  currency currency_code not null,
  total_amount money_amount not null,
  -- total_amount minus the sum of the lines: booked as the till said it, and shown.
  discrepancy money_amount not null default 0,
  payment_method text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (location_id, id),
  unique (location_id, pos_system_id, kind, external_transaction_id),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);
create index pos_transactions_when on pos_transactions (location_id, transaction_timestamp);

create table pos_transaction_items (
  location_id uuid not null,
  transaction_id uuid not null,
  line_number smallint not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  product_id uuid references products,
  sku text,
  external_product_id text,
  name text,
  quantity quantity not null,
  unit_price unit_cost not null,
  total_price money_amount not null,
  modifiers jsonb not null default '[]',
  primary key (location_id, transaction_id, line_number),
  foreign key (location_id, transaction_id) references pos_transactions (location_id, id)
);

create table product_mappings (
  location_id uuid not null,
  pos_system_id uuid not null,
  external_product_id text not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  product_id uuid not null references products,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1,
  primary key (location_id, pos_system_id, external_product_id),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);

-- Lines whose product nobody knows yet: the sale is booked, its stock waits here until someone maps the product.
create table unmapped_lines (
  location_id uuid not null,
  transaction_id uuid not null,
  line_number smallint not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  pos_system_id uuid not null,
  external_product_id text not null,
  name text,
  quantity quantity not null,
  occurred_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (location_id, transaction_id, line_number)
);
create index unmapped_lines_product on unmapped_lines (location_id, pos_system_id, external_product_id);

-- One row a refused element, with its exact bytes. The same bytes refused again for the same reason count up, so that a
-- till that repeats a bad sale every minute fills a number and not a disk.
create table sync_errors (
  location_id uuid not null,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  pos_system_id uuid not null,
  external_transaction_id text,
  code text not null,
  detail text not null,
  raw_body bytea not null,
  raw_digest bytea not null,
  occurrences integer not null default 1,
  state text not null default 'open' check (state in ('open', 'resolved')),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  resolved_at timestamptz,
  resolved_by text,
  primary key (location_id, id),
  unique (location_id, pos_system_id, code, raw_digest),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);

select tillstream_protect(t::regclass, 'shop', array['franchise_id', 'franchisee_id', 'location_id'])
  from unnest(array['pos_systems', 'pos_transactions', 'pos_transaction_items', 'product_mappings', 'unmapped_lines',
    'sync_errors']) as t;

grant select on pos_systems, pos_transactions, pos_transaction_items, product_mappings, unmapped_lines, sync_errors
  to tillstream_user, tillstream_background, tillstream_ingest;
grant insert, update on pos_systems, product_mappings to tillstream_user;
grant update on sync_errors to tillstream_user;
grant insert, update on pos_transactions, sync_errors to tillstream_ingest;
grant insert, delete on pos_transaction_items, unmapped_lines to tillstream_ingest;
