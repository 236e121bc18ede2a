-- Why: the same place at a vendor (a location, a merchant, a restaurant, a store) registered as two tills of a brand is
-- fetched twice and booked twice. Which till has a place is a row of its own, so that of two who register it at the same
-- moment one is refused, also where neither may see the other's till. A till that is disconnected has no place.
create table pos_vendor_places (
  franchise_id uuid not null,
  franchisee_id uuid,
  location_id uuid not null,
  pos_system_id uuid not null,
  system_type text not null,
  -- As in pos_connections: the vendor's address without its path.
  host text not null,
  place text not null,
  primary key (location_id, pos_system_id, place),
  foreign key (location_id, pos_system_id) references pos_systems (location_id, id)
);
create unique index pos_vendor_places_once on pos_vendor_places (franchise_id, system_type, host, place);

select tillstream_protect('pos_vendor_places', 'shop', array['franchise_id', 'franchisee_id', 'location_id']);

grant select, insert, delete on pos_vendor_places to tillstream_user;

-- Of tills that have one place already the oldest keeps it.
insert into pos_vendor_places (franchise_id, franchisee_id, location_id, pos_system_id, system_type, host, place)
select asked.franchise_id, asked.franchisee_id, asked.location_id, asked.pos_system_id, asked.system_type, asked.host,
  has.place
from pos_connections as asked
join pos_systems as system on system.location_id = asked.location_id and system.id = asked.pos_system_id
cross join lateral (
  select distinct case asked.system_type
    when 'custom' then rtrim(regexp_replace(system.api_endpoint, '^[a-zA-Z]+://[^/?#]*', ''), '/') || '#'
      || (system.settings ->> 'storeId')
    when 'square' then location
    when 'clover' then system.settings ->> 'merchantId'
    else lower(coalesce(system.settings ->> 'restaurantGuid', system.settings ->> 'merchantId'))
  end as place
  from regexp_split_to_table(case when asked.system_type = 'square' then system.settings ->> 'locationIds' else 'x' end, ',')
    as location
) as has
where system.api_credentials is not null and has.place is not null
order by system.created_at, system.id
on conflict do nothing;
