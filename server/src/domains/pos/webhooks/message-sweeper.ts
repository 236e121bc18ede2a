// Raw deliveries are kept for a month, for replays and for whoever asks what a vendor really sent, and not longer: Toast's
// hold whole orders.
import { backgroundActor } from '../../../platform/actor.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import { createLoop, type Loop } from '../../../platform/loop.ts';
import { removeOldMessages } from './queries.ts';

const keptMs = 30 * 86_400_000;
const intervalMs = 10 * 60_000;
const batch = 1_000;
const actor = backgroundActor('pos webhooks');

export function createMessageSweeper(parts: {
  readonly db: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}): Loop {
  return createLoop({
    name: 'webhook sweeper',
    intervalMs,
    onError: parts.onError,
    async work(signal) {
      const oldest = new Date(parts.clock.now().getTime() - keptMs);
      for (let removed = batch; removed === batch && !signal.aborted; ) {
        removed = await parts.db.transaction(actor, (tx) => removeOldMessages(tx, oldest, batch));
      }
    },
  });
}
