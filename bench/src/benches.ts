// What can be measured, by the name that `npm run bench --` takes.
import type { Cluster } from './ground/cluster.ts';
import type { Report } from './ground/figure.ts';
import { benchIngest } from './ingest/bench-ingest.ts';

/** `say` takes a line of progress. */
export type Bench = (cluster: Cluster, say: (line: string) => void) => Promise<Report>;

export const benches: ReadonlyMap<string, Bench> = new Map([['ingest', benchIngest]]);
