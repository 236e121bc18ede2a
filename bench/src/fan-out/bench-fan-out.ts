// npm run bench -- fan-out: from one event to the 1,000 sockets that are to hear of it, by a loop of `ws.send`, Socket.IO's
// rooms, frames written raw, and ours, which comes by way of the log. Same payload, same receivers, same run.
import { foundBrand, type Shop } from '../ground/brand.ts';
import type { Cluster } from '../ground/cluster.ts';
import type { Figure, Report } from '../ground/figure.ts';
import { tillstream } from '../ground/server.ts';
import { StockLog } from '../ground/stock-log.ts';
import { type Contender, type ContenderName, contenderNames, startContender } from './contenders.ts';
import { type BurstResult, measureBursts } from './measure-bursts.ts';
import { measureSingle, type SingleResult } from './measure-single.ts';
import { socketsCount } from './receivers.ts';

/** Of our frames' content with the columns that the receivers select. */
const textBytes = 402;
const onOneTopic = { messages: 200, rounds: 5 };
/** As many deliveries as on one topic. */
const onShops = { messages: 20_000, rounds: 7 };

interface Results {
  readonly single: SingleResult;
  readonly burst: BurstResult;
  readonly shops: BurstResult;
}

export async function benchFanOut(cluster: Cluster, say: (line: string) => void): Promise<Report> {
  await cluster.createDatabase('bench_fan_out');
  const databaseUrl = cluster.url('bench_fan_out');
  await tillstream(databaseUrl, ['migrate']);
  const brand = await foundBrand(databaseUrl);
  const words = ['create-api-key', '--franchise', brand.franchiseId, '--scopes', 'realtime:read'];
  const key = await tillstream(databaseUrl, words);
  const log = new StockLog(databaseUrl, brand);
  const contenders = new Map<ContenderName, Contender>();
  try {
    for (const name of contenderNames) {
      contenders.set(name, await startContender(name, { databaseUrl, brand, log, key }, textBytes));
    }
    const results = await measure(contenders, brand.shops, say);
    return report(results);
  } finally {
    for (const { gateway } of contenders.values()) await gateway.stop();
    await log.close();
    await cluster.dropDatabase('bench_fan_out');
  }
}

async function measure(
  contenders: ReadonlyMap<ContenderName, Contender>,
  shops: readonly Shop[],
  say: (line: string) => void,
): Promise<ReadonlyMap<ContenderName, Results>> {
  const all = [...contenders.values()];
  say('one at a time …');
  const single = await measureSingle(all, shops);
  say('bursts on one topic …');
  const burst = await measureBursts(all, { shops, to: 'everything' }, onOneTopic);
  say(`bursts on ${shops.length} shops …`);
  const ofShops = await measureBursts(all, { shops, to: 'shops' }, onShops);
  const results = new Map<ContenderName, Results>();
  for (const [name, contender] of contenders) {
    const [alone, one, many] = [single.get(contender), burst.get(contender), ofShops.get(contender)];
    if (alone && one && many) results.set(name, { single: alone, burst: one, shops: many });
  }
  return results;
}

function report(results: ReadonlyMap<ContenderName, Results>): Report {
  const ours = results.get('ours');
  if (ours === undefined) throw new Error('ours was not measured');
  const others = [...results].filter(([name]) => name !== 'ours');
  const against = (metric: string, unit: string, pick: (result: Results) => number): Figure[] =>
    others.map(([name, theirs]) => ({
      bench: 'fan-out',
      metric,
      unit,
      ours: pick(ours),
      against: name,
      theirs: pick(theirs),
    }));
  const thousands = (perSecond: number) => (perSecond / 1_000).toFixed(perSecond < 1e6 ? 1 : 0);
  const rows = [...results].map(([name, { single, burst, shops }]) => [
    name,
    ...[single, burst, shops].flatMap((each) => [thousands(each.perSecond), each.cpuUsPerDelivery.toFixed(2)]),
    single.alone.toFixed(2),
  ]);
  const rate = 'deliveries/s';
  return {
    figures: [
      ...against('deliveries_per_s_single', rate, ({ single }) => single.perSecond),
      ...against('deliveries_per_cpu_s_single', rate, ({ single }) => 1e6 / single.cpuUsPerDelivery),
      ...against('deliveries_per_s_burst', rate, ({ burst }) => burst.perSecond),
      ...against('deliveries_per_s_burst_shops', rate, ({ shops }) => shops.perSecond),
    ],
    table: {
      head: ['1,000 deliveries/s', 'single', 'µs CPU', 'burst', 'µs CPU', 'shops', 'µs CPU', 'alone'],
      rows,
    },
    notes: [
      `${socketsCount} sockets each, ${textBytes} bytes a message; whole frames counted at the receivers, each got each once.`,
      'All four are open at once and take turns, probe by probe and burst by burst.',
      'single: one message at a time to all sockets, at the highest pace kept up with; alone: share of frames in a read of their own.',
      `burst: ${onOneTopic.messages} messages at once to all sockets; shops: ${onShops.messages} messages at once, over 100 shops`,
      'with ten sockets each, so as many deliveries; from when the generator begins to write them to the last frame, medians of',
      `${onOneTopic.rounds} and ${onShops.rounds} bursts.`,
      'µs CPU: processor time of the gateway process a delivery. Ours has the log in between: append, commit, relay, match, write.',
    ],
  };
}
