// npm run bench -- pos-poll: two thousand tills due in the same minute, a quarter of them at a vendor that takes every
// request and answers none. How late are the others?
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from '../ground/cluster.ts';
import { percentile, type Report } from '../ground/figure.ts';
import { startServer, tillstream } from '../ground/server.ts';
import { registerTills } from './register-tills.ts';
import { openVendors, salesPerShop } from './vendors-at-work.ts';

const counts = { square: 1_000, clover: 500, silent: 500 };
const startMs = 3_000;
const longestMs = 240_000;

interface Polled {
  readonly lagS: number;
  readonly sales: number;
}

export async function benchPosPoll(cluster: Cluster, say: (line: string) => void): Promise<Report> {
  await cluster.createDatabase('bench_poll');
  const databaseUrl = cluster.url('bench_poll');
  await tillstream(databaseUrl, ['migrate']);
  say(`opening ${counts.square + counts.clover + counts.silent} shops at three vendors …`);
  const vendors = await openVendors(counts);
  const secretKey = randomBytes(32);
  const server = await startServer(databaseUrl, null, { TILLSTREAM_SECRET_KEY: secretKey.toString('base64') });
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const tills = await registerTills(client, vendors.tills, { secretKey, inMs: startMs });
    vendors.fallSilent();
    const due = await dueTimes(client);
    say('all of them are due within this minute …');
    const wanted = tills.filter(({ isHanging }) => !isHanging).map(({ posSystemId }) => posSystemId);
    const polled = await untilPolled(client, { wanted, due, say });
    return report(polled, tills.length);
  } finally {
    await server.stop();
    await client.end();
    await vendors.close();
    await cluster.dropDatabase('bench_poll');
  }
}

async function dueTimes(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; due: Date }>(
    'select pos_system_id as id, next_poll_at as due from pos_connections',
  );
  return new Map(rows.map(({ id, due }) => [id, due.getTime()]));
}

interface Wait {
  readonly wanted: readonly string[];
  readonly due: ReadonlyMap<string, number>;
  readonly say: (line: string) => void;
}

/**
 * Lag: from when a till was due until its window was through, and the run that read its last page had ended. A run that
 * had its share of time before that ends well too, so that it ended says nothing; that the cursor moved does.
 */
async function untilPolled(client: pg.Client, { wanted, due, say }: Wait): Promise<Polled[]> {
  const startedMs = performance.now();
  for (;;) {
    await wait(1_000);
    const { rows } = await client.query<{ id: string; done: Date; sales: string }>(
      `select pos_system_id as id, succeeded_at as done,
         (select count(*) from pos_transactions as sale where sale.location_id = asked.location_id) as sales
       from pos_connections as asked
       where cursor_at > floor_at + interval '30 minutes' and lease_holder is null and succeeded_at is not null
         and pos_system_id = any($1)`,
      [wanted],
    );
    if (rows.length === wanted.length) {
      return rows.map(({ id, done, sales }): Polled => {
        return { lagS: Math.max(0, done.getTime() - (due.get(id) ?? 0)) / 1_000, sales: Number(sales) };
      });
    }
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    if (seconds % 10 === 0) say(`${seconds} s: ${rows.length} of ${wanted.length} are polled`);
    if (performance.now() - startedMs > longestMs) {
      throw new Error(`Only ${rows.length} of ${wanted.length} tills were polled in ${longestMs / 1_000} s`);
    }
  }
}

function report(polled: readonly Polled[], tills: number): Report {
  const lags = polled.map(({ lagS }) => lagS);
  const shares = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 };
  const figures = Object.entries(shares).map(([name, share]) => ({
    ...{ bench: 'pos-poll', metric: `lag_${name}_s`, unit: 's', ours: percentile(lags, share) },
    ...{ against: null, theirs: null },
  }));
  const booked = polled.reduce((sum, { sales }) => sum + sales, 0);
  const expected = polled.length * salesPerShop;
  // A figure for tills that were passed over would say nothing.
  if (booked !== expected) throw new Error(`${booked} of ${expected} sales were booked when all tills were through`);
  return {
    figures,
    table: {
      head: ['lag', 's'],
      rows: figures.map(({ metric, ours }) => [metric, ours.toFixed(2)]),
    },
    notes: [
      `${tills} tills due within one minute, ${counts.silent} of them at a vendor that hangs; the lag is that of the others,`,
      'from when a till was due until all pages of its window were booked.',
      `All ${booked} sales were found and booked. Clover's limit of 45 requests a second for an app is kept over all tills.`,
    ],
  };
}
