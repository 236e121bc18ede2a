-- Why: a statement whose answer nobody waits for has to say by itself that it did less than it was to do. Raised as an
-- internal error (class XX): it is never held against the sale that was being booked.
create function tillstream_expect_rows(written bigint, expected bigint) returns void language plpgsql as $$
begin
  if written <> expected then
    raise exception '% rows were to be written, % were', expected, written using errcode = 'XX000';
  end if;
end
$$;
