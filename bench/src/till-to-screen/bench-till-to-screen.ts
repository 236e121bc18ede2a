// npm run bench -- till-to-screen: how long it takes from the first byte of a till's request until every screen of its
// shop has been shown the sale; a hundred shops, two screens each, at a quiet pace and at a busy one.
import { foundBrand, shopsCount } from '../ground/brand.ts';
import { runTask } from '../ground/child-task.ts';
import type { Cluster } from '../ground/cluster.ts';
import type { Figure, Report } from '../ground/figure.ts';
import { startServer, tillstream } from '../ground/server.ts';
import type { WatchAnswer, WatchTask } from './watch-sales.ts';

const screensPerShop = 2;
const rates = [100, 1_000] as const;
/** A pace nearer to the ceiling than this measures the queue, not the way. */
const headroom = 0.8;

export async function benchTillToScreen(cluster: Cluster, say: (line: string) => void): Promise<Report> {
  await cluster.createDatabase('bench_screen');
  const databaseUrl = cluster.url('bench_screen');
  await tillstream(databaseUrl, ['migrate']);
  const brand = await foundBrand(databaseUrl);
  const scopes = 'sales:write,realtime:read';
  const key = await tillstream(databaseUrl, ['create-api-key', '--franchise', brand.franchiseId, '--scopes', scopes]);
  const server = await startServer(databaseUrl);
  try {
    const common = { url: server.url, key, brand, screensPerShop, connections: 200, warmUpMs: 3_000 };
    const watch = (task: Pick<WatchTask, 'rate' | 'name' | 'measuredMs'>) =>
      runTask<WatchTask, WatchAnswer>(new URL('./watch-sales.ts', import.meta.url), { ...common, ...task });
    say('the ceiling, 200 tills sending as fast as they are answered …');
    const ceiling = await watch({ rate: null, name: 'ceiling', measuredMs: 8_000 });
    const measured: Measured[] = [];
    for (const named of rates) {
      const rate = Math.min(named, named <= ceiling.rate * headroom ? named : Math.floor(ceiling.rate / 2));
      say(`${rate} sales a second …`);
      measured.push({ named, rate, answer: await watch({ rate, name: `at${named}`, measuredMs: 15_000 }) });
    }
    return report(ceiling, measured);
  } finally {
    await server.stop();
    await cluster.dropDatabase('bench_screen');
  }
}

interface Measured {
  readonly named: number;
  /** The pace that was aimed at: the named one, or half the ceiling. */
  readonly rate: number;
  readonly answer: WatchAnswer;
}

function report(ceiling: WatchAnswer, measured: readonly Measured[]): Report {
  const figures: Figure[] = measured.flatMap(({ named, answer }) =>
    (['p50', 'p95', 'p99'] as const).map((name) => ({
      bench: 'till-to-screen',
      metric: `${name}_ms_${named}`,
      unit: 'ms',
      ours: answer[`${name}Ms`],
      against: null,
      theirs: null,
    })),
  );
  const rows = measured.map(({ answer }) => [
    `${Math.round(answer.rate)} sales/s`,
    ...[answer.p50Ms, answer.p95Ms, answer.p99Ms].map((ms) => ms.toFixed(1)),
    String(answer.sightings),
  ]);
  return {
    figures,
    table: { head: ['pace', 'p50 ms', 'p95 ms', 'p99 ms', 'sightings'], rows },
    notes: [
      `${shopsCount} shops, ${screensPerShop} screens each; every sale reached every screen of its shop, once.`,
      `The ceiling with these screens: ${Math.round(ceiling.rate)} single sales a second.`,
      ...measured.flatMap(({ named, rate, answer }) => [
        ...(rate < named ? [`Too much for this machine: *_${named} was measured at half its ceiling, ${rate}/s.`] : []),
        ...(answer.late > 0 ? [`At ${rate}/s all tills were busy ${answer.late} times when a sale was due.`] : []),
      ]),
    ],
  };
}
