// npm run bench -- pos-poll: two thousand tills due in the same minute, a quarter of them at a vendor that takes every
// request and answers none. How late are the others?
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from '../ground/cluster.ts';
import { percentile, type Report } from '../ground/figure.ts';
import { startServer, tillstream } from '../ground/server.ts';
import { type RegisteredTill, registerTills } from './register-tills.ts';
import { openVendors, salesPerShop } from './vendors-at-work.ts';

const counts = { square: 1_000, clover: 500, silent: 500 };
const startMs = 3_000;
const longestMs = 240_000;

interface Polled {
  readonly make: RegisteredTill['systemType'];
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
    say('all of them are due within this minute …');
    const wanted = tills.filter(({ isHanging }) => !isHanging);
    await untilPolled(client, wanted, say);
    const polled = await readPolled(client, wanted);
    return report(polled, tills.length);
  } finally {
    await server.stop();
    await client.end();
    await vendors.close();
    await cluster.dropDatabase('bench_poll');
  }
}

/**
 * A till is polled when its window is through and the run that read its last page has ended. A run that had its share of
 * time before that ends well too, so that it ended says nothing; that the cursor moved does.
 */
const isPolled = `cursor_at > floor_at + interval '30 minutes' and lease_holder is null and succeeded_at is not null`;

async function untilPolled(
  client: pg.Client,
  wanted: readonly RegisteredTill[],
  say: (line: string) => void,
): Promise<void> {
  const ids = wanted.map(({ posSystemId }) => posSystemId);
  const startedMs = performance.now();
  for (;;) {
    await wait(1_000);
    const { rows } = await client.query<{ tills: number }>(
      `select count(*)::integer as tills from pos_connections where ${isPolled} and pos_system_id = any($1)`,
      [ids],
    );
    const polled = rows[0]?.tills ?? 0;
    if (polled === wanted.length) return;
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    if (seconds % 10 === 0) say(`${seconds} s: ${polled} of ${wanted.length} are polled`);
    if (performance.now() - startedMs > longestMs) {
      throw new Error(`Only ${polled} of ${wanted.length} tills were polled in ${longestMs / 1_000} s`);
    }
  }
}

/** Lag: from when a till was due until it was polled. */
async function readPolled(client: pg.Client, wanted: readonly RegisteredTill[]): Promise<Polled[]> {
  const { rows } = await client.query<{ id: string; done: Date; sales: number }>(
    `select asked.pos_system_id as id, asked.succeeded_at as done, count(sale.id)::integer as sales
     from pos_connections as asked left join pos_transactions as sale using (location_id) group by 1, 2`,
  );
  const ended = new Map(rows.map(({ id, ...row }) => [id, row]));
  return wanted.map(({ posSystemId, systemType: make, dueMs }) => {
    const end = ended.get(posSystemId);
    if (end === undefined) throw new Error(`The till ${posSystemId} is gone`);
    return { make, lagS: (end.done.getTime() - dueMs) / 1_000, sales: end.sales };
  });
}

const shares = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 };

function report(polled: readonly Polled[], tills: number): Report {
  refuseMissing(polled);
  const all = polled.map(({ lagS }) => lagS);
  const figures = Object.entries(shares).map(([name, share]) => ({
    ...{ bench: 'pos-poll', metric: `lag_${name}_s`, unit: 's', ours: percentile(all, share) },
    ...{ against: null, theirs: null },
  }));
  const ofMake = Object.entries(Object.groupBy(polled, ({ make }) => make));
  const row = (name: string, some: readonly Polled[]) => {
    const lags = some.map(({ lagS }) => lagS);
    return [name, String(lags.length), ...Object.values(shares).map((share) => percentile(lags, share).toFixed(2))];
  };
  return {
    figures,
    table: {
      head: ['lag, s', 'tills', ...Object.keys(shares)],
      rows: [row('all', polled), ...ofMake.map(([make, some = []]) => row(make, some))],
    },
    notes: [
      `${tills} tills due within one minute, ${counts.silent} of them at a vendor that hangs; the lag is that of the others,`,
      'from when a till was due until all pages of its window were booked.',
      `All ${polled.length * salesPerShop} sales were found and booked. Clover's limit of 45 requests a second for an app`,
      'is kept over all tills.',
    ],
  };
}

/** A figure for tills that were passed over would say nothing. */
function refuseMissing(polled: readonly Polled[]): void {
  const passedOver = polled.filter(({ sales }) => sales !== salesPerShop);
  if (passedOver.length === 0) return;
  const makes = Object.entries(Object.groupBy(passedOver, ({ make }) => make));
  const named = makes.map(([make, tills = []]) => `${tills.length} of ${make}`).join(', ');
  throw new Error(`Tills that are through do not have their ${salesPerShop} sales each: ${named}`);
}
