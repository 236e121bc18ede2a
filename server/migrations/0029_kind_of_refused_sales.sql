-- Why: a sale and a refund may bear the same number of their till. Without the kind the booking of one would settle the
-- error of the other, and what was refused would be in no list any more. Null is what was kept before, and what does
-- not say which it is.
alter table sync_errors add column kind text check (kind in ('sale', 'refund'));
