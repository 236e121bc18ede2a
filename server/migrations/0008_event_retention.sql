-- Why: retention drops whole weeks of the log. What was dropped must stay known: a reader that stands before it is
-- answered "resync", never a shortened log; and a drop that was cut short is finished by the next run.

-- dropped_xid: the highest transaction id of this epoch whose events may be gone. Written before the partition goes, so
-- that no statement can miss the rows without seeing the mark. begun_after_seq: the highest number given out before this
-- epoch began; with changed_at it bounds a read of the whole epoch from below.
alter table feed
  add column dropped_xid xid8 not null default '0',
  add column begun_after_seq bigint not null default 0;

-- Partitions that retention has decided on. A table of the log's naming that is detached and not listed here was set
-- aside by an operator, and is left alone.
create table retired_partitions (
  name text primary key,
  retired_at timestamptz not null default now()
);
