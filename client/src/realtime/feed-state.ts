// The states of one live feed as a complete table, as client/SPEC.md explains it: a state or an event without its entry
// does not compile, and a test holds the document to this table.

export const feedStates = ['idle', 'joining', 'joined', 'picturing', 'filling', 'live', 'broken', 'refused'] as const;

/**
 * - `idle`: not started, or stopped.
 * - `joining`: the place was asked for and has not been joined yet.
 * - `joined`: events flow and are held; the cursor at which they begin is awaited.
 * - `picturing`: the cursor is known; the program takes a picture (a snapshot) to go on from. Events are held.
 * - `filling`: what lies between the program's own cursor and the join is read. Events are held.
 * - `live`: nothing is missing; events are handed over as they come.
 * - `broken`: it was joined and is not; it is joined again without end.
 * - `refused`: the server closed the place for good.
 */
export type FeedState = (typeof feedStates)[number];

export const feedEvents = [
  'start',
  'joined',
  'told',
  'picture-needed',
  'pictured',
  'filled',
  'cut',
  'outdated',
  'gap',
  'lost',
  'refused',
  'stop',
] as const;

/**
 * - `start`, `stop`: the program's own.
 * - `joined`: the server has taken the join. `lost`: place or socket broke. `refused`: closed for good.
 * - `told`: the server told the cursor of this moment; `picture-needed`: the same, and there is no cursor to go on from.
 * - `pictured`: the program has its picture. `filled`: everything up to the cursor of the join was handed over.
 * - `cut`: the log cannot be continued from the program's cursor (answer 410): it was restored, or is not kept so long.
 * - `outdated`: the program wants a new picture, because an event alone does not show what has changed.
 * - `gap`: the server says that events may have been lost on their way here.
 */
export type FeedEvent = (typeof feedEvents)[number];

export const feedTransitions: Record<FeedState, Record<FeedEvent, FeedState>> = {
  idle: {
    start: 'joining',
    joined: 'idle',
    told: 'idle',
    'picture-needed': 'idle',
    pictured: 'idle',
    filled: 'idle',
    cut: 'idle',
    outdated: 'idle',
    gap: 'idle',
    lost: 'idle',
    refused: 'idle',
    stop: 'idle',
  },
  joining: {
    start: 'joining',
    joined: 'joined',
    told: 'joining',
    'picture-needed': 'joining',
    pictured: 'joining',
    filled: 'joining',
    cut: 'joining',
    outdated: 'joining',
    gap: 'joining',
    lost: 'joining',
    refused: 'refused',
    stop: 'idle',
  },
  joined: {
    start: 'joined',
    joined: 'joined',
    told: 'filling',
    'picture-needed': 'picturing',
    pictured: 'joined',
    filled: 'joined',
    cut: 'joined',
    outdated: 'joined',
    gap: 'joined',
    lost: 'broken',
    refused: 'refused',
    stop: 'idle',
  },
  picturing: {
    start: 'picturing',
    joined: 'joined',
    told: 'picturing',
    'picture-needed': 'picturing',
    pictured: 'filling',
    filled: 'picturing',
    cut: 'picturing',
    outdated: 'picturing',
    gap: 'joined',
    lost: 'broken',
    refused: 'refused',
    stop: 'idle',
  },
  filling: {
    start: 'filling',
    joined: 'joined',
    told: 'filling',
    'picture-needed': 'filling',
    pictured: 'filling',
    filled: 'live',
    cut: 'picturing',
    outdated: 'picturing',
    gap: 'joined',
    lost: 'broken',
    refused: 'refused',
    stop: 'idle',
  },
  live: {
    start: 'live',
    joined: 'joined',
    told: 'live',
    'picture-needed': 'live',
    pictured: 'live',
    filled: 'live',
    cut: 'live',
    outdated: 'picturing',
    gap: 'joined',
    lost: 'broken',
    refused: 'refused',
    stop: 'idle',
  },
  broken: {
    start: 'broken',
    joined: 'joined',
    told: 'broken',
    'picture-needed': 'broken',
    pictured: 'broken',
    filled: 'broken',
    cut: 'broken',
    outdated: 'broken',
    gap: 'broken',
    lost: 'broken',
    refused: 'refused',
    stop: 'idle',
  },
  refused: {
    start: 'joining',
    joined: 'refused',
    told: 'refused',
    'picture-needed': 'refused',
    pictured: 'refused',
    filled: 'refused',
    cut: 'refused',
    outdated: 'refused',
    gap: 'refused',
    lost: 'refused',
    refused: 'refused',
    stop: 'idle',
  },
};

/** The state after something happened. Pure. */
export function nextFeedState(state: FeedState, event: FeedEvent): FeedState {
  return feedTransitions[state][event];
}
