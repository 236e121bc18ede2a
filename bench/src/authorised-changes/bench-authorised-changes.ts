// npm run bench -- authorised-changes: changes of stock, told to subscribers who may each see something else. All of them
// subscribe to the whole table; what of it is theirs is decided by their memberships.
import { foundBrand } from '../ground/brand.ts';
import type { Cluster } from '../ground/cluster.ts';
import type { Figure, Report } from '../ground/figure.ts';
import { hirePeople } from '../ground/people.ts';
import { tillstream } from '../ground/server.ts';
import { StockLog } from '../ground/stock-log.ts';
import { measurePace, openSubscribers, type PaceResult } from './measure-pace.ts';

const sizes = [500, 5_000] as const;
/** Deliveries a second that are tried, one after the other, until one is too much. */
const paces = [32_000, 40_000, 50_000, 65_000, 80_000, 100_000, 130_000];
/** What a pace must keep to count as sustained. */
const p95MsMax = 100;
/** A pace counts if one of so many tries keeps it: a core of a shared machine may be away for longer than the limit. */
const tries = 3;
const times = { warmUpMs: 1_000, measuredMs: 4_000 };

interface Measured {
  readonly subscribers: number;
  readonly paces: readonly PaceResult[];
  readonly best: PaceResult;
}

export async function benchAuthorisedChanges(cluster: Cluster, say: (line: string) => void): Promise<Report> {
  const measured: Measured[] = [];
  for (const size of sizes) {
    await cluster.createDatabase('bench_rights');
    measured.push(await measureSize(cluster.url('bench_rights'), size, say));
    await cluster.dropDatabase('bench_rights');
  }
  return report(measured);
}

async function measureSize(databaseUrl: string, size: number, say: (line: string) => void): Promise<Measured> {
  await tillstream(databaseUrl, ['migrate']);
  const brand = await foundBrand(databaseUrl);
  const people = await hirePeople(databaseUrl, brand, size);
  const log = new StockLog(databaseUrl, brand);
  say(`${size} subscribers come …`);
  const subscribers = await openSubscribers(databaseUrl, people);
  const results: PaceResult[] = [];
  try {
    for (const pace of paces) {
      say(`${size} subscribers, ${pace} deliveries a second …`);
      const tried: PaceResult[] = [];
      while (tried.length < tries && !tried.some(isSustained)) {
        tried.push(await measurePace({ ...times, pace }, { subscribers, log, brand }));
      }
      results.push(...tried);
      if (!tried.some(isSustained)) break;
    }
  } finally {
    await log.close();
    await subscribers.stop();
  }
  const [first] = results;
  const best = results.findLast(isSustained) ?? first;
  if (best === undefined) throw new Error('nothing was measured');
  return { subscribers: size, paces: results, best };
}

function isSustained({ pace, perSecond, p95Ms }: PaceResult): boolean {
  return p95Ms < p95MsMax && perSecond > pace * 0.95;
}

function report(measured: readonly Measured[]): Report {
  const figuresOf = ({ best }: Measured, suffix: string): Figure[] => {
    const figure = { bench: 'authorised-changes', against: null, theirs: null };
    return [
      { ...figure, metric: `deliveries_per_s${suffix}`, unit: 'deliveries/s', ours: best.perSecond },
      { ...figure, metric: `p95_ms${suffix}`, unit: 'ms', ours: best.p95Ms },
      { ...figure, metric: `changes_per_s${suffix}`, unit: 'changes/s', ours: best.changesPerSecond },
    ];
  };
  const rows = measured.flatMap(({ subscribers, paces }) =>
    paces.map(({ pace, changesPerSecond, perSecond, p50Ms, p95Ms, p99Ms, cpuShare }) => [
      `${subscribers} subscribers, ${pace} wanted`,
      ...[changesPerSecond, perSecond].map((rate) => String(Math.round(rate))),
      ...[p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(1)),
      (100 * cpuShare).toFixed(0),
    ]),
  );
  const [small, large] = measured;
  if (small === undefined || large === undefined) throw new Error('two sizes are measured');
  return {
    figures: [
      ...figuresOf(large, ''),
      ...figuresOf(small, `_${small.subscribers}`),
      ...figuresOf(large, `_${large.subscribers}`),
    ],
    table: { head: ['pace', 'changes/s', 'deliveries/s', 'p50 ms', 'p95 ms', 'p99 ms', '% of a core'], rows },
    notes: [
      'Of a hundred subscribers 90 see one shop, 9 a firm of ten shops, one all 100; each got exactly the changes it may see.',
      `A figure is the highest pace with p95 below ${p95MsMax} ms, which ${tries} tries have; from before the change is appended to the frame at the client.`,
      `% of a core: the gateway. deliveries_per_s and p95_ms are those of ${large.subscribers} subscribers.`,
    ],
  };
}
