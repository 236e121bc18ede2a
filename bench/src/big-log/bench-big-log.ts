// npm run bench -- big-log: the log at 32 partitions and 10 million events. How long a poll of the relay takes, also with
// a stranger's transaction open that began 300,000 events ago, and how a follower a million events behind catches up.
import {
  askForNews,
  backgroundActor,
  createFollower,
  currentPosition,
  Database,
  poolUrl,
  prepareDatabase,
} from '@tillstream/server/measured';
import pg from 'pg';
import type { Cluster } from '../ground/cluster.ts';
import { type Report, reportTimes, rounded } from '../ground/figure.ts';
import { fillLog, makePastWeeks } from './fill-log.ts';

export interface BigLogSize {
  /** All events, of which `behind` come after the follower's position and `open` after the stranger's beginning. */
  readonly events: number;
  readonly behind: number;
  readonly open: number;
  readonly polls: number;
}

const fullSize: BigLogSize = { events: 10_000_000, behind: 1_000_000, open: 300_000, polls: 500 };
/** With the present week and four ahead: 32 partitions, as many as the longest retention has. */
const weeksBefore = 27;
const pageSize = 1_000;
/** Events that the follower handles before it falls behind, twice. */
const settling = 1_000;
const actor = backgroundActor('bench');

type Say = (line: string) => void;

export function benchBigLog(cluster: Cluster, say: Say): Promise<Report> {
  return benchLogOf(cluster, say, fullSize);
}

export async function benchLogOf(cluster: Cluster, say: Say, size: BigLogSize): Promise<Report> {
  await cluster.createDatabase('bench_log');
  const ownerUrl = cluster.url('bench_log');
  const now = new Date();
  await prepareDatabase(ownerUrl, now);
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 4 });
  try {
    const first = await makePastWeeks(owner, weeksBefore, now);
    const old = size.events - size.behind - 2 * settling;
    say(`filling ${weeksBefore} past weeks with ${old.toLocaleString('en')} events …`);
    await fillLog(ownerUrl, { events: old, from: first, to: now });
    await owner.query('analyze sync_events');
    await followTwice(db, ownerUrl);
    say(`the week's ${(size.behind - size.open).toLocaleString('en')} events …`);
    await fillLog(ownerUrl, { events: size.behind - size.open, from: null, to: null });
    const polls = await measurePolls({ db, owner, ownerUrl, say, size });
    await settle(owner);
    say(`a follower ${size.behind.toLocaleString('en')} events behind …`);
    const pages = await measureFollower(db, size.behind);
    return report({ polls, pages, shape: await shapeOf(owner) });
  } finally {
    await db.close();
    await owner.end();
    await cluster.dropDatabase('bench_log');
  }
}

interface Ground {
  readonly db: Database;
  readonly owner: pg.Client;
  readonly ownerUrl: string;
  readonly say: Say;
  readonly size: BigLogSize;
}

/** Events of a commit beside which is polled: about what the group commits of single sales write. */
const perCommit = 25;

interface PollTimes {
  readonly alone: readonly number[];
  readonly open: readonly number[];
  readonly restarted: readonly number[];
}

/** Polls as the relay does, each a transaction of its own: alone, beside the stranger, and begun anew beside it. */
async function measurePolls({ db, ownerUrl, say, size }: Ground): Promise<PollTimes> {
  let position = await db.transaction(actor, currentPosition);
  const poll = async () => {
    const startedMs = performance.now();
    position = (await askForNews(db, actor, position)).position;
    return performance.now() - startedMs;
  };
  // A commit before each: the poll of a busy log has news to read.
  const repeat = async (times: number[] = []) => {
    while (times.length < size.polls) {
      await fillLog(ownerUrl, { events: perCommit, perTransaction: perCommit, from: null, to: null });
      times.push(await poll());
    }
    return times;
  };
  await repeat();
  const alone = await repeat();
  const stranger = new pg.Client({ connectionString: ownerUrl });
  await stranger.connect();
  try {
    await stranger.query('begin');
    await stranger.query('select pg_current_xact_id()');
    say(`${size.open.toLocaleString('en')} events beside an open transaction …`);
    for (let written = 0; written < size.open; written += size.open / 10) {
      await fillLog(ownerUrl, { events: size.open / 10, perTransaction: perCommit, from: null, to: null });
      await poll();
    }
    const open = await repeat();
    position = await db.transaction(actor, currentPosition);
    return { alone, open, restarted: await repeat() };
  } finally {
    await stranger.end();
  }
}

/**
 * The present week as a relay would have left it, which reads each event when it is new: the first reader of a row marks the
 * row, and its mark is written to the disk.
 */
async function settle(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query<{ partition: string }>(
    'select tableoid::regclass::text as partition from sync_events order by seq desc limit 1',
  );
  await owner.query(`vacuum (analyze) ${rows[0]?.partition}`);
}

/** A follower that has followed before it fell behind: its position knows from which number on the rest is unread. */
async function followTwice(db: Database, ownerUrl: string): Promise<void> {
  const start = await db.transaction(actor, currentPosition);
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query('insert into follower_positions (follower, position) values ($1, $2)', [
    'bench',
    JSON.stringify(start),
  ]);
  await owner.end();
  for (let round = 0; round < 2; round++) {
    await fillLog(ownerUrl, { events: settling, from: null, to: null });
    await measureFollower(db, settling);
  }
}

/** Times of the follower's pages: reading, and the transaction that moves its position. */
async function measureFollower(db: Database, behind: number): Promise<readonly number[]> {
  const times: number[] = [];
  let handled = 0;
  let lastMs = performance.now();
  const done = Promise.withResolvers<void>();
  const follower = createFollower({
    name: 'bench',
    db,
    pageSize,
    onError: (error) => done.reject(error),
    async handle(_tx, events) {
      times.push(performance.now() - lastMs);
      lastMs = performance.now();
      handled += events.length;
      if (handled >= behind) done.resolve();
    },
  });
  await follower.start();
  await done.promise;
  await follower.stop();
  if (handled !== behind) throw new Error(`the follower handled ${handled} of ${behind} events`);
  return times;
}

async function shapeOf(owner: pg.Client): Promise<string> {
  const { rows } = await owner.query<{ partitions: number; events: string; gigabytes: number }>(
    `select count(*)::int as partitions, (select count(*) from sync_events) as events,
       sum(pg_total_relation_size(inhrelid))::float8 / 1e9 as gigabytes
     from pg_inherits where inhparent = 'sync_events'::regclass`,
  );
  const [row] = rows;
  return `${Number(row?.events).toLocaleString('en')} events in ${row?.partitions} partitions, ${row?.gigabytes.toFixed(1)} GB with indexes`;
}

interface Measured {
  readonly polls: PollTimes;
  readonly pages: readonly number[];
  readonly shape: string;
}

function report({ polls, pages, shape }: Measured): Report {
  const measured = [
    { name: 'a poll, nothing open', metric: 'poll_ms', times: polls.alone },
    { name: 'a poll beside the open transaction', metric: 'poll_open_ms', times: polls.open },
    { name: 'the same by a relay that started meanwhile', metric: 'poll_open_restarted_ms', times: polls.restarted },
    { name: `a follower's page of ${pageSize}`, metric: 'follower_page_ms', times: pages },
  ];
  return {
    ...reportTimes('big-log', measured, [
      { name: 'p50', head: 'median', share: 0.5 },
      { name: 'p99', head: 'p99', share: 0.99 },
      { name: 'max', head: 'longest', share: 1 },
    ]),
    notes: [`The log: ${shape}; the follower caught up in ${rounded(pages.reduce((a, b) => a + b, 0) / 1_000)} s.`],
  };
}
