// Bursts of messages: how fast each contender brings all of one to its sockets.
import type { Shop } from '../ground/brand.ts';
import { median } from '../ground/figure.ts';
import { nowUs } from '../ground/steady-clock.ts';
import type { ReceiverFarm } from '../sockets/receiver-farm.ts';
import type { Contender } from './contenders.ts';
import { openFarm, requireExact, socketsCount } from './receivers.ts';

export interface BurstResult {
  /** From the moment at which the generator began to hand the burst over, to the last frame. */
  readonly perSecond: number;
  readonly cpuUsPerDelivery: number;
}

export interface BurstPlan {
  /** Messages of one burst. */
  readonly messages: number;
  readonly rounds: number;
}

/** Bursts on one topic, which all sockets hear, or spread evenly over the shops, of which each socket hears one. */
export async function measureBursts(
  contenders: readonly Contender[],
  { shops, to }: BurstTarget,
  { messages, rounds }: BurstPlan,
): Promise<ReadonlyMap<Contender, BurstResult>> {
  const seatAt = ({ seats }: Contender, at: number) => {
    const shop = shops[at % shops.length];
    return to === 'everything' || shop === undefined ? seats.everything() : seats.ofShop(shop);
  };
  const seatsOf = (contender: Contender) => Array.from({ length: socketsCount }, (_, at) => seatAt(contender, at));
  const burst = Array.from({ length: messages }, (_, at) => shops.slice(at % shops.length).slice(0, 1)).flat();
  const perSocket = to === 'everything' ? messages : messages / shops.length;
  const sides = await Promise.all(
    contenders.map(async (contender) => ({
      contender,
      farm: await openFarm(contender, seatsOf(contender)),
      runs: [] as BurstResult[],
    })),
  );
  // The first is to warm up, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const { contender, farm, runs } of sides) {
      runs.push(await sendBurst({ contender, farm, to }, burst, perSocket));
    }
  }
  const results = new Map<Contender, BurstResult>();
  for (const { contender, farm, runs } of sides) {
    requireExact((await farm.report()).counts, (rounds + 1) * perSocket);
    await farm.close();
    const medianOf = (pick: (run: BurstResult) => number) => median(runs.slice(1).map(pick));
    results.set(contender, {
      perSecond: medianOf((run) => run.perSecond),
      cpuUsPerDelivery: medianOf((run) => run.cpuUsPerDelivery),
    });
  }
  return results;
}

export interface BurstTarget {
  readonly shops: readonly Shop[];
  readonly to: 'everything' | 'shops';
}

interface BurstRun extends Pick<BurstTarget, 'to'> {
  readonly contender: Contender;
  readonly farm: ReceiverFarm;
}

async function sendBurst(
  { contender, farm, to }: BurstRun,
  burst: readonly Shop[],
  perSocket: number,
): Promise<BurstResult> {
  const { cpuUs } = await contender.gateway.ask('cpu');
  const startedUs = nowUs();
  const arrival = farm.arrival(perSocket);
  await contender.emit(burst, to);
  const arrivedUs = await arrival;
  const deliveries = socketsCount * perSocket;
  return {
    perSecond: (deliveries / (arrivedUs - startedUs)) * 1e6,
    cpuUsPerDelivery: ((await contender.gateway.ask('cpu')).cpuUs - cpuUs) / deliveries,
  };
}
