-- Why: who disconnects a till ends what was wished to be fetched from it, in the same transaction; a sync that nobody
-- carries out any more would be waited for without an end.
grant update (state, finished_at, failure_detail) on pos_syncs to tillstream_user;
