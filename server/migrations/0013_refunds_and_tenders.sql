-- Why: a vendor's refund is a document of its own, with its own id, day and tender; folded into its sale it would change
-- the takings of a day long closed. So it is a row of its own kind, negative, that names the sale it belongs to by the
-- vendor's id: it may come before its sale, or without one. How a sale was paid and what its total is made of besides its
-- lines is one jsonb column, null for tills that say nothing of it: lines and sums are what the hot path is about, and a
-- table of tenders would cost every sale a second row.
alter table pos_transactions
  drop constraint pos_transactions_kind_check,
  add constraint pos_transactions_kind_check check (kind in ('sale', 'refund')),
  add column refund_of text,
  add column breakdown jsonb;

create index pos_transactions_refunds on pos_transactions (location_id, pos_system_id, refund_of)
  where kind = 'refund';
