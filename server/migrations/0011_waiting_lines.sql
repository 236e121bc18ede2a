-- Why: what waits for people must reach the books once they have acted. A waiting line is booked when its SKU appears in
-- the catalogue or its product is mapped, so it has to carry both names and be found by either without reading the
-- others; a refused element is one thing with one latest reason, whose replay says what became of it.

-- Empty where the till named none: a value of an index that is walked in order, which null is not.
alter table unmapped_lines add column sku text not null default '';
update unmapped_lines as waiting set sku = line.sku
  from pos_transaction_items as line
  where line.location_id = waiting.location_id and line.transaction_id = waiting.transaction_id
    and line.line_number = waiting.line_number and line.sku is not null;
-- Walked from product to product to see which are known by now, and within one product in the order of booking.
drop index unmapped_lines_product;
create index unmapped_lines_product
  on unmapped_lines (location_id, pos_system_id, external_product_id, sku, transaction_id, line_number);
-- A line keeps what was sold for how much; which product that was may become known later.
grant update (product_id, sku, name) on pos_transaction_items to tillstream_ingest;

-- The actor whose stock movements the booking of waiting lines makes.
alter table product_mappings add column mapped_by text;
grant delete on product_mappings to tillstream_user;

-- The same bytes are the same element: refused again for another reason, they show that reason.
alter table sync_errors drop constraint sync_errors_location_id_pos_system_id_code_raw_digest_key,
  add unique (location_id, pos_system_id, raw_digest),
  -- The sale that it became; set by the replay that resolved it.
  add column transaction_id uuid;
