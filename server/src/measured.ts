// What the benches measure from within the server, as one door: the log's readers without HTTP around them.
export { createFollower, currentPosition, type Position } from './events/index.ts';
export { readNews } from './events/read-log.ts';
export { type Actor, backgroundActor } from './platform/actor.ts';
export { Database } from './platform/database.ts';
export { poolUrl } from './platform/database-roles.ts';
export { makePartition } from './platform/partitions.ts';
export { prepareDatabase } from './prepare-database.ts';
