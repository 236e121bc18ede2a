// What can be measured, by the name that `npm run bench --` takes.

import { benchAfterRestore } from './after-restore/bench-after-restore.ts';
import { benchAuthorisedChanges } from './authorised-changes/bench-authorised-changes.ts';
import { benchBigLog } from './big-log/bench-big-log.ts';
import { benchFanOut } from './fan-out/bench-fan-out.ts';
import type { Cluster } from './ground/cluster.ts';
import type { Report } from './ground/figure.ts';
import { benchIdleSockets } from './idle-sockets/bench-idle-sockets.ts';
import { benchIngest } from './ingest/bench-ingest.ts';
import { benchPosPoll } from './pos-poll/bench-pos-poll.ts';
import { benchTillToScreen } from './till-to-screen/bench-till-to-screen.ts';

/** `say` takes a line of progress. */
export type Bench = (cluster: Cluster, say: (line: string) => void) => Promise<Report>;

export const benches: ReadonlyMap<string, Bench> = new Map([
  ['ingest', benchIngest],
  ['till-to-screen', benchTillToScreen],
  ['big-log', benchBigLog],
  ['pos-poll', benchPosPoll],
  ['after-restore', benchAfterRestore],
  ['fan-out', benchFanOut],
  ['idle-sockets', benchIdleSockets],
  ['authorised-changes', benchAuthorisedChanges],
]);
