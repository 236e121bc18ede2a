-- Why: to prove a day that lies weeks back, everything that changed at the vendor since is read, for minutes. What its
-- pages said is kept here page by page, so that the proof gives way to the till's feed between them, and goes on after a
-- kill where it was; when the days are proved, the rows are gone.
create table pos_proof_sales (
  location_id uuid not null,
  sync_id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  -- `standing`: a refund in the books that the vendor counts without naming it; nothing but its id is said of it.
  kind text not null check (kind in ('sale', 'refund', 'standing')),
  external_id text not null,
  version bigint,
  business_date date,
  total text,
  tenders jsonb,
  -- Whether the books did not have it like this before it was read.
  is_news boolean not null default false,
  check (kind = 'standing' or (version is not null and business_date is not null and total is not null and tenders is not null)),
  primary key (location_id, sync_id, kind, external_id),
  foreign key (location_id, sync_id) references pos_syncs (location_id, id)
);

-- Which edition of the till a proof was begun with: what another merchant sold proves nothing, so an edit begins it anew.
alter table pos_syncs add column edition integer;

select tillstream_protect('pos_proof_sales', 'shop', array['franchise_id', 'franchisee_id', 'location_id']);

grant select on pos_proof_sales to tillstream_user;
grant select, insert, update, delete on pos_proof_sales to tillstream_background;
