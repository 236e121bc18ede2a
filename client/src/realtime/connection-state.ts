// The states of the live connection as one complete table: a state or a happening without its entry does not compile.

/**
 * - `offline`: nothing is subscribed, the device has no network, or the server closed a place for good.
 * - `connecting`: subscribed for the first time, not every place has joined yet.
 * - `live`: every subscribed place has joined; events arrive as they are committed.
 * - `reconnecting`: it was live, and now at least one place is not joined. It is retried without end.
 */
export type ConnectionState = 'offline' | 'connecting' | 'live' | 'reconnecting';

/**
 * - `wanted`: a place was subscribed. `unwanted`: the last one was left.
 * - `joined`: every subscribed place is joined. `lost`: a place or the socket under it broke; it is retried.
 * - `refused`: the server closed a place for good; it is not retried.
 * - `network-lost`, `network-back`: what the device says about its network.
 */
export type Happening = 'wanted' | 'unwanted' | 'joined' | 'lost' | 'refused' | 'network-lost' | 'network-back';

export const connectionTransitions: Record<ConnectionState, Record<Happening, ConnectionState>> = {
  offline: {
    wanted: 'connecting',
    unwanted: 'offline',
    joined: 'live',
    lost: 'offline',
    refused: 'offline',
    'network-lost': 'offline',
    'network-back': 'reconnecting',
  },
  connecting: {
    wanted: 'connecting',
    unwanted: 'offline',
    joined: 'live',
    lost: 'connecting',
    refused: 'offline',
    'network-lost': 'offline',
    'network-back': 'connecting',
  },
  live: {
    // Live means every place, so that a screen that adds a shop does not claim to be up to date before it is.
    wanted: 'connecting',
    unwanted: 'offline',
    joined: 'live',
    lost: 'reconnecting',
    refused: 'offline',
    'network-lost': 'offline',
    'network-back': 'live',
  },
  reconnecting: {
    wanted: 'reconnecting',
    unwanted: 'offline',
    joined: 'live',
    lost: 'reconnecting',
    refused: 'offline',
    'network-lost': 'offline',
    'network-back': 'reconnecting',
  },
};

/** The state after something happened. Pure. */
export function nextConnectionState(state: ConnectionState, happening: Happening): ConnectionState {
  return connectionTransitions[state][happening];
}
