-- Why: most tills are asked instead of sending by themselves, by a vendor's rules, on any of several nodes, through kills.
-- What is due, who is at it, how far it has come and how it went is one row a till, so that the end of a run (the cursor,
-- the next run, the lease given back) is one statement: there is no moment at which a run is both done and not done.

-- Not secret: which merchant and location a till is at its vendor.
alter table pos_systems add column settings jsonb not null default '{}';
grant update (api_credentials) on pos_systems to tillstream_background;

create table pos_connections (
  location_id uuid not null,
  pos_system_id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  system_type text not null check (system_type in ('square', 'clover', 'toast', 'custom')),
  -- The vendor's address without its path: what hangs, hangs for all tills behind one host and for no others.
  host text not null,
  -- What webhooks name the till by: locations, merchants or restaurants of the vendor.
  places text[] not null default '{}',
  -- Paused tills are neither asked nor listened to; of the others, those with auto_sync are asked by themselves.
  enabled boolean not null default true,
  frequency_minutes integer not null default 15,

  next_poll_at timestamptz,
  -- Hints or a person's wish: due before the next poll. Cleared by whoever has seen to it, if nothing came meanwhile.
  wake_at timestamptz,
  due_at timestamptz generated always as (least(next_poll_at, wake_at)) stored,
  lease_holder uuid,
  lease_until timestamptz,

  -- By the vendor's clock: all that changed up to here is booked. Before the floor nothing is fetched by itself.
  cursor_at timestamptz not null,
  floor_at timestamptz not null,
  -- The window under way and where in it the next page begins; null between two windows.
  window_to timestamptz,
  resume_at text,
  -- The vendor's clock less ours, as of the last answer.
  vendor_offset_ms bigint not null default 0,
  catalogue_at timestamptz,
  next_scan_at timestamptz not null,

  -- One node at a time renews the token of a till: many vendors take a refresh token once only.
  renewal_holder uuid,
  renewal_until timestamptz,

  started_at timestamptz,
  succeeded_at timestamptz,
  failed_at timestamptz,
  failure_kind text,
  failure_detail text,
  failures_in_row integer not null default 0,
  -- When a poll last found something new, and when a webhook last told something: the one without the other is a sign
  -- of a vendor that has stopped sending.
  news_at timestamptz,
  webhook_at timestamptz,
  primary key (location_id, pos_system_id),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);
-- Read by background parts over all shops, so not by location: what is due, and whom a webhook means.
create index pos_connections_due on pos_connections (due_at) where enabled;
create index pos_connections_leases on pos_connections (lease_holder) where lease_holder is not null;
create index pos_connections_places on pos_connections using gin (places);

-- What is fetched besides the feed: a person's wish, the nightly look back, the repair of a day that differs. In slices
-- of time, newest first, so that a screen fills from today backwards; reached_at says how far.
create table pos_syncs (
  location_id uuid not null,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  pos_system_id uuid not null,
  reason text not null check (reason in ('requested', 'nightly', 'repair')),
  requested_by text not null,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  since timestamptz not null,
  until timestamptz not null,
  reached_at timestamptz not null,
  resume_at text,
  pages integer not null default 0,
  documents integer not null default 0,
  created integer not null default 0,
  updated integer not null default 0,
  duplicate integer not null default 0,
  rejected integer not null default 0,
  failure_detail text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (location_id, id),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);
create index pos_syncs_open on pos_syncs (location_id, pos_system_id, id) where state in ('waiting', 'running');

-- That something changed at the vendor, one row an object however often it was said; gone once it has been fetched.
create table pos_hints (
  location_id uuid not null,
  pos_system_id uuid not null,
  kind text not null,
  external_id text not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  -- Counts up with each hint: a fetch removes the row only as it was when the fetch began.
  arrivals integer not null default 1,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  created_at timestamptz not null,
  primary key (location_id, pos_system_id, kind, external_id),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);

-- An address that a vendor sends to: one for each app at a vendor, which may speak for many tills.
create table pos_webhook_endpoints (
  id uuid primary key,
  franchise_id uuid not null references franchises,
  franchisee_id uuid references franchisees,
  system_type text not null check (system_type in ('square', 'clover', 'toast', 'custom')),
  -- As it is configured at the vendor: Square signs it.
  url text not null,
  -- Sealed: the keys that are valid now, two while one replaces the other.
  secrets bytea,
  -- A vendor's code for a person to copy, taken only while the set-up is open.
  setup_until timestamptz,
  verification_code text,
  genuine_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index pos_webhook_endpoints_of on pos_webhook_endpoints (franchise_id, id);

-- What was sent, as it came: kept before it is answered, once for each delivery however often it is repeated.
create table pos_webhook_messages (
  endpoint_id uuid not null references pos_webhook_endpoints,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  dedupe_key text not null,
  body bytea not null,
  -- What it pointed to: [{place, kind, id}]; null where it could not be read.
  hints jsonb,
  -- Of the places that it named, how many are tills of ours.
  known_places integer not null default 0,
  arrivals integer not null default 1,
  received_at timestamptz not null,
  replayed_at timestamptz,
  primary key (endpoint_id, id),
  unique (endpoint_id, dedupe_key)
);
create index pos_webhook_messages_old on pos_webhook_messages (received_at);

-- What the vendor says of a shop's day beside what is booked, and what of it differs.
create table pos_day_proofs (
  location_id uuid not null,
  pos_system_id uuid not null,
  business_date date not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  state text not null check (state in ('equal', 'healed', 'different')),
  vendor jsonb not null,
  booked jsonb not null,
  differences jsonb not null default '[]',
  receipt_gaps jsonb not null default '[]',
  -- Sales that a look back found and the feed had missed: above zero means that there is a hole somewhere.
  repaired integer not null default 0,
  checked_at timestamptz not null,
  primary key (location_id, pos_system_id, business_date),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);

-- How fast vendors are asked, over all nodes: until when the requests granted so far reach. Unlogged: after a crash the
-- limits begin anew, and no request costs a write to the disk.
create unlogged table pos_rate_limits (
  name text primary key,
  granted_until timestamptz not null
);

select tillstream_protect(t::regclass, 'shop', array['franchise_id', 'franchisee_id', 'location_id'])
  from unnest(array['pos_connections', 'pos_syncs', 'pos_hints', 'pos_day_proofs']) as t;
select tillstream_protect(t::regclass, 'tenant', array['franchise_id', 'franchisee_id'])
  from unnest(array['pos_webhook_endpoints', 'pos_webhook_messages']) as t;

grant select on pos_connections, pos_syncs, pos_hints, pos_day_proofs, pos_webhook_endpoints, pos_webhook_messages
  to tillstream_user, tillstream_background;
grant insert on pos_connections, pos_syncs to tillstream_user;
grant update (host, places, enabled, frequency_minutes, next_poll_at, wake_at, failures_in_row) on pos_connections
  to tillstream_user;
grant insert, update on pos_webhook_endpoints to tillstream_user;
grant update on pos_connections, pos_syncs, pos_hints, pos_webhook_endpoints, pos_webhook_messages, pos_day_proofs
  to tillstream_background;
grant insert on pos_syncs, pos_hints, pos_webhook_messages, pos_day_proofs to tillstream_background;
grant delete on pos_hints, pos_webhook_messages to tillstream_background;
grant select, insert, update on pos_rate_limits to tillstream_background;
