-- Why: of indexes that begin alike the planner takes the newest while a table is all but empty, and a connection keeps the
-- plans of its foreign key checks and its prepared statements. Made before the others, the two keys of the sales were
-- passed over: each line read all sales of its shop, and so did each look for a sale that had come before, until the first
-- autovacuum. So they are made anew behind the others, and they no longer begin alike.
alter table pos_transaction_items drop constraint pos_transaction_items_location_id_transaction_id_fkey;
alter table pos_transactions
  drop constraint pos_transactions_pkey,
  drop constraint pos_transactions_location_id_pos_system_id_kind_external_tr_key;
alter table pos_transactions add primary key (location_id, id);
alter table pos_transactions
  add constraint pos_transactions_once unique (pos_system_id, location_id, kind, external_transaction_id);
alter table pos_transaction_items add foreign key (location_id, transaction_id) references pos_transactions (location_id, id);
