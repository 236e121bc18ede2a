-- Why: the bytes of a refused sale may hold what a till wrote beside it, a guest's name or a telephone number. Once the sale
-- is booked nobody needs them: they are deleted some time later, while the row goes on telling what happened.
alter table sync_errors alter column raw_body drop not null;

create index sync_errors_settled on sync_errors (resolved_at) where state = 'resolved' and raw_body is not null;

grant update (raw_body) on sync_errors to tillstream_background;
