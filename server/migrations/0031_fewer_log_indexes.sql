-- Why: nobody reads a brand's events along an index of their own. A gap is read along the numbers or by transaction, whoever
-- reads, and an index costs each event a write.
drop index sync_events_franchise;
