// Realtime: what is committed reaches every open screen that may see it. A gateway takes WebSockets that speak the Supabase
// Realtime protocol (any of its clients connects unmodified), decides at join what each may see, and turns the log's events
// into frames. Owns no table and appends no event: it forgets everything when it stops, and the log remembers.

export { createRealtimeGateway, type GatewayOptions, type RealtimeGateway } from './gateway.ts';
export { defaultLimits, type RealtimeLimits } from './limits.ts';
export type { Reach } from './reach.ts';
export { recogniseSubscribers } from './recognise-subscriber.ts';
export type { RoomCarrier } from './rooms/room-carrier.ts';
export { addRealtimeRoutes } from './routes.ts';
export type { Subscriber, SubscriberSource } from './subscriber.ts';
export type { TopicOwner } from './topics.ts';
