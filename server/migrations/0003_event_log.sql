-- Why: every change is told once, from one place. The log is written in the transaction that changes the state, read by
-- snapshot difference (events/relay.ts), and partitioned by week so that retention drops whole tables. The books are
-- not kept here: a dropped week costs history of the feed, never money or stock.

-- One row: which incarnation of the database this is. A restore or a promotion begins a new epoch, so that positions
-- handed out before it are answered "resync" and never misread.
create table feed (
  singleton boolean primary key default true check (singleton),
  epoch integer not null,
  system_identifier text not null,
  timeline integer not null,
  database_oid oid not null,
  changed_at timestamptz not null default now()
);

-- scope_id = the location that owns the event, else the franchisee, else the franchise; fixed when it is written.
-- xid stands before seq because defaults are evaluated in column order: a transaction has its id before it takes a
-- number, so a number handed out after a snapshot is above every number seen in it (events/position.ts relies on it).
create table sync_events (
  xid xid8 not null default pg_current_xact_id(),
  seq bigint generated always as identity,
  epoch integer not null,
  id uuid not null,
  scope_id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  location_id uuid,
  event_type text not null,
  entity_type text not null,
  entity_id uuid not null,
  table_name text not null,
  operation text not null check (operation in ('INSERT', 'UPDATE', 'DELETE')),
  record jsonb,
  old_record jsonb,
  change_data jsonb not null,
  source_system text not null,
  target_systems text[] not null default '{}',
  metadata jsonb not null default '{}',
  "timestamp" timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (scope_id, recorded_at, seq)
) partition by range (recorded_at);
create index sync_events_live on sync_events (epoch, xid);
create index sync_events_backlog on sync_events (seq);
create index sync_events_franchise on sync_events (franchise_id, recorded_at, seq);

-- Followers with lasting effects keep their position here, advanced in the transaction that writes what they derive.
create table follower_positions (
  follower text primary key,
  position jsonb not null,
  updated_at timestamptz not null default now()
);

select tillstream_protect('sync_events', 'tenant', array['franchise_id', 'franchisee_id', 'location_id']);

grant select on feed to tillstream_user, tillstream_background, tillstream_ingest;
grant select, insert on sync_events to tillstream_user, tillstream_background;
grant insert on sync_events to tillstream_ingest;
grant select, insert, update on follower_positions to tillstream_background;
