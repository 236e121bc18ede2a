-- Why: a make without a path to one object finds it among what changed last. A hint may be followed long after it was told,
-- because its vendor did not answer or because somebody tries a kept delivery again: when it was told says from where on.
alter table pos_hints add column told_at timestamptz;
