// What the benches measure from within the server, as one door: the log and its readers without HTTP around them, and the
// realtime gateway without the rest of a node.
// Adds to fastify's types; the routes that come along with identity/ do not type-check in another workspace without it.
import type {} from './platform/idempotency.ts';

export { recogniseSubscribers } from './delivery/realtime/channels/recognise-subscriber.ts';
export { createRealtimeGateway } from './delivery/realtime/gateway.ts';
export { sealCredentials } from './domains/pos/credentials/sealed-credentials.ts';
export { beginEpoch } from './events/epoch.ts';
export {
  type AnyNewEvent,
  append,
  createFollower,
  createInProcessBus,
  createLogStream,
  createRelay,
  currentPosition,
  type Position,
  RecentEvents,
} from './events/index.ts';
export { askForNews } from './events/read-log.ts';
export { createApiKey, createAuthenticator, createPlaces } from './identity/index.ts';
export { type Actor, backgroundActor } from './platform/actor.ts';
export { systemClock } from './platform/clock.ts';
export { Database } from './platform/database.ts';
export { poolUrl } from './platform/database-roles.ts';
export { createMetrics } from './platform/metrics.ts';
export { makePartition } from './platform/partitions.ts';
export { createSecrets } from './platform/secrets.ts';
export { prepareDatabase } from './prepare-database.ts';
