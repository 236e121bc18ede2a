// Realtime: what is committed reaches every open screen that may see it. A gateway takes WebSockets that speak the Supabase
// Realtime protocol (any of its clients connects unmodified), decides at join what each may see, and turns the log's events
// into frames. Owns no table and appends no event: it forgets everything when it stops, and the log remembers.
//
// protocol/  what stands on the wire, knowing no socket     channels/  one join of one topic: who, what, until when
// sockets/   one connection, from its upgrade to its close   rooms/     what clients tell each other, and presence
// matching/  which channels an event is for, and its frames  writing/   what a socket is owed, and how it gets there

export { recogniseSubscribers } from './channels/recognise-subscriber.ts';
export type { Subscriber, SubscriberSource } from './channels/subscriber.ts';
export { createRealtimeGateway, type GatewayOptions, type RealtimeGateway } from './gateway.ts';
export { defaultLimits, type RealtimeLimits } from './limits.ts';
export type { Reach } from './matching/reach.ts';
export type { TopicOwner } from './protocol/topics.ts';
export type { RoomCarrier } from './rooms/room-carrier.ts';
export { addRealtimeRoutes } from './routes.ts';
