-- Why: two people who edit one thing must neither lose an edit nor argue about who was first, and a request whose answer
-- was lost must be repeatable without doing its work twice. The first needs both sides of every refused edit, the second
-- the answer of every request that said it might be repeated, kept by the transaction that did the work.

-- One row an edit that came with a stale version. source_data is what its maker wanted (the fields of the PATCH), target_data
-- the state that it met, at current_version; fields of the edit that are secrets are named in withheld and not kept.
-- Resolving applies a side, or a mixture, to that state and no other: when it has moved again, target_data is renewed.
create table sync_conflicts (
  -- As in the log: the location, else the franchisee, else the franchise.
  scope_id uuid not null,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  location_id uuid,
  entity_type text not null,
  entity_id uuid not null,
  conflict_type text not null default 'concurrent_update' check (conflict_type in ('concurrent_update')),
  expected_version integer not null,
  current_version integer not null,
  source_data jsonb not null,
  withheld text[] not null default '{}',
  target_data jsonb not null,
  state text not null default 'open' check (state in ('open', 'resolved')),
  created_by text not null,
  created_at timestamptz not null,
  resolution text check (resolution in ('mine', 'theirs', 'merged')),
  resolved_version integer,
  reason text,
  resolved_by text,
  resolved_at timestamptz,
  primary key (scope_id, id),
  check ((state = 'resolved') = (resolution is not null and resolved_by is not null and resolved_at is not null))
);
-- A conflict is looked up by its id alone, and the list is read along it: ids are UUIDv7.
create index sync_conflicts_id on sync_conflicts (id);

select tillstream_protect('sync_conflicts', 'tenant', array['franchise_id', 'franchisee_id', 'location_id']);

grant select, insert on sync_conflicts to tillstream_user;
-- What happened is not rewritten: only the state that an open conflict is about, and how it ended.
grant update (target_data, current_version, state, resolution, resolved_version, reason, resolved_by, resolved_at)
  on sync_conflicts to tillstream_user;

-- One row a request that was carried out under an idempotency key: its answer, for whoever repeats it. A request in
-- flight has no row, but an advisory lock that ends with its transaction. The body is sealed by platform/secrets: it may
-- hold what is shown once. Nobody reads these rows as a user, not even its own.
create table idempotency_keys (
  actor_id text not null,
  key text not null check (length(key) between 1 and 255),
  -- SHA-256 of method, address, If-Match and body: a key stands for one request.
  fingerprint bytea not null,
  status smallint not null,
  headers jsonb not null,
  body bytea,
  created_at timestamptz not null,
  primary key (actor_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

select tillstream_protect('idempotency_keys', 'background', array[]::text[]);

grant select, insert, delete on idempotency_keys to tillstream_background;
