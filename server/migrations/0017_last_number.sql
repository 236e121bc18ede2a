-- Why: a reader that begins its pages notes the last number that was handed out. No event of its backlog has a higher one,
-- so its last page need not look through all that was recorded since.
grant select on sequence sync_events_seq_seq to tillstream_user, tillstream_background;
