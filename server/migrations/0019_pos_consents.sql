-- Why: a merchant lets us in on a page of the vendor and comes back with a code. Who sent them there, for which shop and
-- with which app is kept meanwhile, so that a code can be used by nobody else, once, and not for long. The state is kept
-- as a digest, and the wish, which holds the secret of the app, is sealed.
create table pos_consents (
  location_id uuid not null,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  state_digest bytea not null,
  requested_by text not null,
  wish bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (location_id, id),
  unique (location_id, state_digest)
);

select tillstream_protect('pos_consents', 'shop', array['franchise_id', 'franchisee_id', 'location_id']);

grant select, insert, delete on pos_consents to tillstream_user;
