-- Why: what people must hear about is queued durably, by a follower of the log, in the transaction that moves its
-- position: a crash between event and message loses nothing and tells nobody twice.

create table notification_queue (
  recipient_id uuid not null references users,
  id uuid not null,
  franchise_id uuid not null,
  franchisee_id uuid,
  location_id uuid,
  source_event_id uuid not null,
  notification_type text not null,
  title text not null,
  message text not null,
  data jsonb not null default '{}',
  delivery_method text not null check (delivery_method in ('in_app', 'email', 'push')),
  priority smallint not null check (priority between 1 and 10),
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
  created_at timestamptz not null default now(),
  read_at timestamptz,
  primary key (recipient_id, id),
  unique (recipient_id, source_event_id, delivery_method)
);

select tillstream_protect('notification_queue', 'person', array['recipient_id']);

grant select on notification_queue to tillstream_user, tillstream_background;
grant update (read_at) on notification_queue to tillstream_user;
grant insert, update on notification_queue to tillstream_background;
