-- Why: what a run at a till was begun with may be gone while it goes on: its merchant, its address, its connection. The
-- edition counts such edits up, so that a run notices at its next page. And a vendor that does not show its items must not
-- keep its sales from us: why it does not is a note of its own and no failure of the run.
alter table pos_connections
  add column edition integer not null default 0,
  add column catalogue_failed_at timestamptz,
  add column catalogue_failure text;

grant update (edition, catalogue_failure, window_to, resume_at) on pos_connections to tillstream_user;
