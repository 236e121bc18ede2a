-- Why: a screen that joins asks what its person was told in the last hours. The person's notifications are few among the
-- events of a franchise, and without an index of their own each join would read all of those. Partial: no other event pays.
create index sync_events_notifications on sync_events ((record->>'recipient_id'), seq)
  where event_type = 'notification.queued';
