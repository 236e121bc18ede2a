-- Why: exact figures and tenant isolation are properties of the database, not habits of its callers. The domains fix
-- how much of a figure is kept; tillstream_protect is the only place where a row-level policy is written.

create domain money_amount as numeric(15, 2);
create domain quantity as numeric(15, 4);
create domain unit_cost as numeric(15, 6);
create domain currency_code as text check (value ~ '^[A-Z]{3}$');

-- Protects one table. `ownership` says who a row belongs to, `owner_columns` which of its columns say so:
--   shop    franchise, franchisee, location   read and written by whoever reaches one of the three
--   tenant  the same, for rows of a franchisee or of the brand itself; without a third column shops reach none of them
--   brand   franchise                         read by every member of the franchise, written by its brand roles
--   person  the user                          read and written by that person alone
--   background  none                          reached by the background parts alone, whoever is served
-- Policies compare with settings of the transaction, wrapped in a scalar subselect so that PostgreSQL evaluates them
-- once a statement instead of once a row; an unset setting is null, and null shows no row. The owner gets a policy of
-- its own, because forced row security binds owners too: without it migrations and pg_dump would silently see nothing.
create function tillstream_protect(target regclass, ownership text, owner_columns text[]) returns void
language plpgsql as $$
declare
  within constant text := '%I = any((select nullif(current_setting(''app.%s'', true), '''')::uuid[])::uuid[])';
  reach text;
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy owner_all on %s to %I using (true) with check (true)', target, current_user);
  execute format('create policy background_all on %s to tillstream_background using (true) with check (true)', target);
  if ownership in ('shop', 'tenant') then
    reach := format(within, owner_columns[1], 'franchises') || ' or ' || format(within, owner_columns[2], 'franchisees');
    if owner_columns[3] is not null then
      reach := reach || ' or ' || format(within, owner_columns[3], 'locations');
    end if;
    execute format('create policy user_reach on %s to tillstream_user using (%s) with check (%s)', target, reach, reach);
    if owner_columns[3] is not null then
      execute format('create policy ingest_batch on %1$s to tillstream_ingest using (%2$s) with check (%2$s)',
        target, format(within, owner_columns[3], 'locations'));
    end if;
  elsif ownership = 'brand' then
    execute format('create policy member_read on %s for select to tillstream_user, tillstream_ingest using (%s)',
      target, format(within, owner_columns[1], 'memberships'));
    reach := format(within, owner_columns[1], 'franchises');
    execute format('create policy brand_write on %s to tillstream_user using (%s) with check (%s)', target, reach, reach);
  elsif ownership = 'person' then
    reach := format('%I = (select nullif(current_setting(''app.user'', true), '''')::uuid)', owner_columns[1]);
    execute format('create policy own_rows on %s to tillstream_user using (%s) with check (%s)', target, reach, reach);
  elsif ownership <> 'background' then
    raise exception 'ownership must be shop, tenant, brand, person or background, got %', ownership;
  end if;
end
$$;
