// What may honestly be said of the picture: connected alone does not make it complete.
import type { ConnectionState } from '@tillstream/client';

/** `catching-up`: events flow again, but what was missed has not been read yet. */
export type Freshness = ConnectionState | 'catching-up';

/** "Live" only when events flow and the snapshot behind them is younger than the last break. */
export function freshnessOf(state: ConnectionState, isComplete: boolean): Freshness {
  return state === 'live' && !isComplete ? 'catching-up' : state;
}
