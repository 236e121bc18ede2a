// npm run bench -- ingest: how many sales a second are booked through HTTP, between the seed's way and the most that the
// database takes. All of them on this machine and in this run, because only ratios of one run carry over to another.

import { type Brand, foundBrand } from '../ground/brand.ts';
import { runTask } from '../ground/child-task.ts';
import type { Cluster } from '../ground/cluster.ts';
import { type Figure, median, type Report, rounded } from '../ground/figure.ts';
import { linesPerSale } from '../ground/sale-stream.ts';
import { startServer, tillstream } from '../ground/server.ts';
import { measureBareCeiling } from './bare-ceiling.ts';
import { countRows } from './count-rows.ts';
import type { PushAnswer, PushTask } from './push-sales.ts';
import { measureSeedWay } from './seed-way.ts';

const requestSizes = [200, 20, 1] as const;
const connectionCounts = [1, 16] as const;
const times = { warmUpMs: 1_500, roundMs: 2_000, rounds: 3 };
const ceilingTimes = { roundMs: 1_500, rounds: 3 };

interface Measured {
  readonly size: number;
  readonly ours: ReadonlyMap<number, number>;
  readonly ceiling: ReadonlyMap<number, number>;
  /** Rows of the log a sale: how many of them, differs with how many sales a commit joins. */
  readonly eventsPerSale: number;
}

export async function benchIngest(cluster: Cluster, say: (line: string) => void): Promise<Report> {
  await cluster.createDatabase('bench_template');
  await tillstream(cluster.url('bench_template'), ['migrate']);
  const brand = await foundBrand(cluster.url('bench_template'));

  await cluster.createDatabase('bench_seed', 'bench_template');
  say('the seed’s way …');
  const seedWay = median(await measureSeedWay(cluster.url('bench_seed'), brand, times));
  await cluster.dropDatabase('bench_seed');

  const measured: Measured[] = [];
  for (const size of requestSizes) measured.push(await measureSize({ cluster, brand, say }, size));
  return report(seedWay, measured);
}

interface Ground {
  readonly cluster: Cluster;
  readonly brand: Brand;
  readonly say: (line: string) => void;
}

/** Ours on a fresh database, then the ceiling with the rows that ours wrote, on a copy. */
async function measureSize({ cluster, brand, say }: Ground, size: number): Promise<Measured> {
  await cluster.createDatabase('bench_ours', 'bench_template');
  const databaseUrl = cluster.url('bench_ours');
  const words = ['create-api-key', '--franchise', brand.franchiseId, '--scopes', 'sales:write'];
  const key = await tillstream(databaseUrl, words);
  const server = await startServer(databaseUrl);
  const ours = new Map<number, number>();
  let created = 0;
  try {
    for (const connections of connectionCounts) {
      say(`requests of ${size}, ${connections} connections …`);
      const task = {
        url: server.url,
        key,
        brand,
        name: `c${connections}`,
        salesPerRequest: size,
        connections,
        ...times,
      };
      const answer = await runTask<PushTask, PushAnswer>(new URL('./push-sales.ts', import.meta.url), task);
      ours.set(connections, median(answer.salesPerSecond));
      created += answer.created;
    }
  } finally {
    await server.stop();
  }
  const rows = await countRows(databaseUrl);
  if (rows.sales !== created || rows.lines !== created * linesPerSale || rows.movements !== rows.lines) {
    throw new Error(`The server said that it booked ${created} sales; the books say ${JSON.stringify(rows)}.`);
  }
  await cluster.createDatabase('bench_bare', 'bench_ours');
  await cluster.dropDatabase('bench_ours');
  say(`the bare ceiling of these rows …`);
  const { rates } = await measureBareCeiling(cluster.url('bench_bare'), ceilingTimes);
  await cluster.dropDatabase('bench_bare');
  const ceiling = new Map([...rates].map(([connections, measured]) => [connections, median(measured)]));
  return { size, ours, ceiling, eventsPerSale: rows.events / created };
}

function report(seedWay: number, measured: readonly Measured[]): Report {
  const figures: Figure[] = [];
  const rows: string[][] = [['the seed’s way', '1', String(rounded(seedWay)), '1', '']];
  for (const { size, ours, ceiling, eventsPerSale } of measured) {
    const [ceilingConnections, theirs] = best(ceiling);
    const [, oursBest] = best(ours);
    for (const [connections, rate] of ours) {
      rows.push([`HTTP, requests of ${size}`, String(connections), ...compared(rate, { seedWay, theirs })]);
      figures.push(...figuresOf(`sales_per_s_${size}x${connections}`, rate, { seedWay, theirs }));
    }
    if (size > 1) figures.push(...figuresOf(`sales_per_s_${size}`, oursBest, { seedWay, theirs }));
    const name = `bare ceiling of these rows (${eventsPerSale.toFixed(1)} events a sale)`;
    rows.push([name, String(ceilingConnections), ...compared(theirs, { seedWay, theirs })]);
  }
  return {
    figures,
    table: { head: ['way', 'connections', 'sales/s', '× seed’s way', '% of its ceiling'], rows },
    notes: [
      `Medians of ${times.rounds} rounds of ${times.roundMs / 1_000} s; ${linesPerSale} lines a sale, 100 shops.`,
      'sales_per_s_200 and sales_per_s_20 are the better of 1 and 16 connections.',
    ],
  };
}

function best(rates: ReadonlyMap<number, number>): [number, number] {
  const sorted = [...rates].sort(([, a], [, b]) => b - a);
  if (sorted[0] === undefined) throw new Error('nothing was measured');
  return sorted[0];
}

function compared(rate: number, { seedWay, theirs }: { seedWay: number; theirs: number }): string[] {
  return [String(Math.round(rate)), (rate / seedWay).toFixed(1), ((100 * rate) / theirs).toFixed(1)];
}

function figuresOf(metric: string, ours: number, { seedWay, theirs }: { seedWay: number; theirs: number }): Figure[] {
  const figure = { bench: 'ingest', metric, unit: 'sales/s', ours };
  return [
    { ...figure, against: 'seed-way', theirs: seedWay },
    { ...figure, against: 'bare-ceiling', theirs },
  ];
}
