-- Why: everything belongs to a brand (franchise), to one of its franchisees, or to one of its shops (location); people
-- and keys get their rights from where in that tree they stand. Personal data lives in users alone.

create table franchises (
  id uuid primary key,
  name text not null,
  currency currency_code not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1
);

create table franchisees (
  id uuid primary key,
  franchise_id uuid not null references franchises,
  name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1,
  unique (franchise_id, id)
);

-- closing_hour: the local hour at which a business day ends; a sale at 00:30 with closing hour 4 counts for yesterday.
create table locations (
  id uuid primary key,
  franchise_id uuid not null references franchises,
  franchisee_id uuid references franchisees,
  name text not null,
  time_zone text not null,
  currency currency_code not null,
  closing_hour smallint not null default 4 check (closing_hour between 0 and 23),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1,
  unique (franchise_id, id),
  foreign key (franchise_id, franchisee_id) references franchisees (franchise_id, id)
);
create index on locations (franchisee_id, id);

create table users (
  id uuid primary key,
  email text unique,
  name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1
);

-- The foreign keys name the franchise too: a membership in one brand can never point at a shop of another, whatever the
-- code above says. A shop's membership carries the shop's franchisee, who therefore sees it.
create table memberships (
  id uuid primary key,
  user_id uuid not null references users,
  role text not null check (role in ('franchise_admin', 'franchisee', 'location_manager', 'staff')),
  franchise_id uuid not null references franchises,
  franchisee_id uuid,
  location_id uuid,
  created_at timestamptz not null default now(),
  foreign key (franchise_id, franchisee_id) references franchisees (franchise_id, id),
  foreign key (franchise_id, location_id) references locations (franchise_id, id),
  unique nulls not distinct (user_id, role, franchise_id, franchisee_id, location_id),
  -- A role stands at one place of the tree: a brand role at the brand, a franchisee at its firm, the others at a shop.
  check (case role
    when 'franchise_admin' then franchisee_id is null and location_id is null
    when 'franchisee' then franchisee_id is not null and location_id is null
    else location_id is not null end)
);
create index on memberships (franchise_id, user_id);
create index on memberships (location_id, user_id);

-- secret_hash is SHA-256: the secret has 256 random bits, so a slow hash would protect nothing and cost every request.
create table api_keys (
  id uuid primary key,
  franchise_id uuid not null references franchises,
  franchisee_id uuid,
  location_ids uuid[],
  name text not null,
  prefix text not null unique,
  secret_hash bytea not null,
  scopes text[] not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default now(),
  foreign key (franchise_id, franchisee_id) references franchisees (franchise_id, id)
);
create index on api_keys (franchise_id, id);

select tillstream_protect('franchises', 'brand', array['id']);
select tillstream_protect('franchisees', 'tenant', array['franchise_id', 'id']);
select tillstream_protect('locations', 'shop', array['franchise_id', 'franchisee_id', 'id']);
select tillstream_protect('users', 'person', array['id']);
select tillstream_protect('memberships', 'tenant', array['franchise_id', 'franchisee_id', 'location_id']);
select tillstream_protect('api_keys', 'tenant', array['franchise_id', 'franchisee_id']);

-- A shop's people see which firm runs it, and nothing of the others.
create policy firm_of_own_shops on franchisees for select to tillstream_user
  using (id in (select franchisee_id from locations));
-- People see their own memberships besides those of the places they manage, and the names of the people in them.
create policy own_memberships on memberships for select to tillstream_user
  using (user_id = (select nullif(current_setting('app.user', true), '')::uuid));
create policy colleagues on users for select to tillstream_user
  using (id in (select user_id from memberships));

grant select on franchises, franchisees, locations, users, memberships, api_keys to tillstream_user, tillstream_background;
grant insert, update on locations to tillstream_user;
-- A key is made and revoked, never edited: what it may do is what its maker could give when it was made.
grant insert, update (revoked_at) on api_keys to tillstream_user;
grant update (name, updated_at, version) on users to tillstream_user;
grant insert, delete on memberships to tillstream_user;
-- The command line, the demo and (later) sign-up have no person yet to act as.
grant insert on franchises, franchisees, locations, users, memberships, api_keys to tillstream_background;
grant update (revoked_at) on api_keys to tillstream_background;
grant delete on memberships to tillstream_background;
grant select on franchises, locations to tillstream_ingest;
