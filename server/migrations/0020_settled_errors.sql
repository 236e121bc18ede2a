-- Why: a refused sale that is booked later, because its till sent it again or its vendor's answer can be read by now, is
-- settled without anybody's doing. Which version was refused says whether what was booked is it.
alter table sync_errors add column version bigint;

create index sync_errors_open on sync_errors (location_id, pos_system_id, external_transaction_id) where state = 'open';

-- A till that is given other credentials or another address may be another merchant's: its catalogue is read anew.
grant update (catalogue_at) on pos_connections to tillstream_user;

grant update (state, resolved_at, resolved_by, transaction_id) on sync_errors to tillstream_background;
