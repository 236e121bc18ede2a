-- Why: of several nodes one relay reads the log for all. Who holds the lease may publish until it ends by the database's
-- clock, the only one that they share. The token grows with each holder: who followed a later one heeds no earlier one.
create table relay_lease (
  name text primary key,
  holder uuid not null,
  token bigint not null,
  expires_at timestamptz not null
);

grant select, insert, update on relay_lease to tillstream_background;
