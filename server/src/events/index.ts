// The event log: the one vocabulary that the parts share. Domains append in the transaction that changes their state;
// the relay and the followers read by snapshot difference and hand on what was committed, each event exactly once.
// Tables owned: sync_events, feed, follower_positions.
export { type AnyNewEvent, append, type EventOwner, type NewEvent } from './append.ts';
export { type ChangeData, catalogue, type EventType, type FeedTable, feedTables } from './catalogue.ts';
