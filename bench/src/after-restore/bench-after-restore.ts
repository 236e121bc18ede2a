// npm run bench -- after-restore: polls of a log whose epoch has just begun, as on a server that was put back or promoted. A
// standby and a point in time bring PostgreSQL's statistics along, which know the old epoch alone; a dump brings none.
import {
  askForNews,
  backgroundActor,
  beginEpoch,
  currentPosition,
  Database,
  poolUrl,
  prepareDatabase,
} from '@tillstream/server/measured';
import pg from 'pg';
import { fillLog } from '../big-log/fill-log.ts';
import type { Cluster } from '../ground/cluster.ts';
import { type Report, reportTimes, type Timed } from '../ground/figure.ts';

export interface RestoredSize {
  /** Events of the old epoch, all of the present week. */
  readonly events: number;
  readonly polls: number;
}

const fullSize: RestoredSize = { events: 1_000_000, polls: 500 };
/** Events of a commit, one before each poll: about what a group commit of single sales writes. */
const perCommit = 25;
const strangers = 3;
const actor = backgroundActor('bench');

const ways = [
  { metric: 'recovered', name: 'after a recovery to a point in time, or a promotion', hasStatistics: true },
  { metric: 'restored', name: 'after a dump was restored', hasStatistics: false },
] as const;

export function benchAfterRestore(cluster: Cluster, say: (line: string) => void): Promise<Report> {
  return benchRestoredOf(cluster, say, fullSize);
}

export async function benchRestoredOf(
  cluster: Cluster,
  say: (line: string) => void,
  size: RestoredSize,
): Promise<Report> {
  const measured: Timed[] = [];
  for (const { metric, name, hasStatistics } of ways) {
    say(`polls ${name}, of ${size.events.toLocaleString('en')} events …`);
    await cluster.createDatabase('bench_restored');
    const times = await measure(cluster.url('bench_restored'), { size, hasStatistics });
    await cluster.dropDatabase('bench_restored');
    measured.push({ metric: `poll_${metric}_ms`, name, times: times.alone });
    measured.push({
      metric: `poll_${metric}_open_ms`,
      name: `${name}, ${strangers} transactions open`,
      times: times.open,
    });
  }
  return reportTimes('after-restore', measured, [
    { name: 'p50', head: 'median', share: 0.5 },
    { name: 'p99', head: 'p99', share: 0.99 },
  ]);
}

async function measure(
  ownerUrl: string,
  { size, hasStatistics }: { size: RestoredSize; hasStatistics: boolean },
): Promise<{ alone: number[]; open: number[] }> {
  await prepareDatabase(ownerUrl, new Date());
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 2 });
  try {
    await keepStatistics(owner);
    await fillLog(ownerUrl, { events: size.events, from: null, to: null });
    if (hasStatistics) await owner.query('analyze sync_events');
    await beginEpoch(owner);
    const alone = await poll({ db, ownerUrl, polls: size.polls });
    const open = await Promise.all(Array.from({ length: strangers }, () => openTransaction(ownerUrl)));
    const beside = await poll({ db, ownerUrl, polls: size.polls });
    await Promise.all(open.map((stranger) => stranger.end()));
    return { alone, open: beside };
  } finally {
    await db.close();
    await owner.end();
  }
}

/** PostgreSQL would count anew some minutes after the restore; the time before that is what is measured. */
async function keepStatistics(owner: pg.Client): Promise<void> {
  await owner.query(`do $$ declare part regclass; begin
    for part in select inhrelid from pg_inherits where inhparent = 'sync_events'::regclass loop
      execute format('alter table %s set (autovacuum_enabled = off)', part);
    end loop;
  end $$`);
}

async function openTransaction(ownerUrl: string): Promise<pg.Client> {
  const stranger = new pg.Client({ connectionString: ownerUrl });
  await stranger.connect();
  await stranger.query('begin');
  await stranger.query('select pg_current_xact_id()');
  return stranger;
}

/** As the relay does, each poll a transaction of its own, and a commit before each. */
async function poll(at: { db: Database; ownerUrl: string; polls: number }): Promise<number[]> {
  const times: number[] = [];
  let position = await at.db.transaction(actor, currentPosition);
  while (times.length < at.polls) {
    await fillLog(at.ownerUrl, { events: perCommit, perTransaction: perCommit, from: null, to: null });
    const startedMs = performance.now();
    const page = await askForNews(at.db, actor, position);
    times.push(performance.now() - startedMs);
    if (page.events.length !== perCommit) throw new Error(`a poll read ${page.events.length} of ${perCommit} events`);
    position = page.position;
  }
  return times;
}
