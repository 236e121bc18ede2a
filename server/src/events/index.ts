// The event log: the one vocabulary that the parts share. Domains append in the transaction that changes their state;
// the relay and the followers read by snapshot difference and hand on what was committed, each event exactly once.
// Tables owned: sync_events, feed, follower_positions, retired_partitions.
export { type AnyNewEvent, append, type EventOwner, type NewEvent } from './append.ts';
export { type Batch, type Bus, createInProcessBus } from './bus.ts';
export { type ChangeData, catalogue, type EventType, type FeedTable, feedTables } from './catalogue.ts';
export { epochPendingError, invalidCursorError, resyncError } from './errors.ts';
export { eventColumns } from './event-of-row.ts';
export { readEvents } from './event-rows.ts';
export { createFollower, type FollowerOptions } from './follower.ts';
export { createLogStream, type LogStream } from './log-stream.ts';
export type { LookBack } from './look-back.ts';
export type { Page } from './page.ts';
export { decodePosition, encodePosition, oldestPosition, type Position, samePosition } from './position.ts';
export { currentPosition, oldestKeptPosition, readPage } from './read-log.ts';
export { RecentEvents } from './recent-events.ts';
export { createRelay, type RelayOptions } from './relay.ts';
export { readSnapshot, type SnapshotPage, snapshotListOf } from './snapshot-page.ts';
export { plainEvent, type StoredEvent } from './stored-event.ts';
