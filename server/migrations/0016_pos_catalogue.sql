-- Why: most vendors' sales name items by an id of theirs and leave the SKU to their catalogue. What it says of an item is
-- kept, also after the item was deleted there: sales that happened before may still come, or be read again.
create table pos_catalogue_items (
  location_id uuid not null,
  pos_system_id uuid not null,
  external_product_id text not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  sku text,
  name text,
  is_deleted boolean not null default false,
  updated_at timestamptz not null,
  primary key (location_id, pos_system_id, external_product_id),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);

select tillstream_protect('pos_catalogue_items', 'shop', array['franchise_id', 'franchisee_id', 'location_id']);
grant select on pos_catalogue_items to tillstream_user, tillstream_background;
grant insert, update on pos_catalogue_items to tillstream_background;
