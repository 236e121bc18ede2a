-- Why: a till that pushes its sales has no vendor to compare a day with, but it numbers its receipts like any other: its
-- days are looked through for holes, and stand in the same list, as unproven.
alter table pos_day_proofs alter column vendor drop not null;
alter table pos_day_proofs drop constraint pos_day_proofs_state_check;
alter table pos_day_proofs add check (state in ('equal', 'healed', 'different', 'unproven'));
alter table pos_day_proofs add check ((vendor is null) = (state = 'unproven'));
