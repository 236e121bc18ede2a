// What is measured of one contender: messages one at a time, and bursts of them.
import type { Shop } from '../ground/brand.ts';
import { median } from '../ground/figure.ts';
import { nowUs } from '../ground/steady-clock.ts';
import { ReceiverFarm } from '../sockets/receiver-farm.ts';
import type { Contender } from './contenders.ts';

export const socketsCount = 1_000;
/** Of every kind of frame but events, the largest is shorter. */
export const eventBytesMin = 320;

export interface SingleResult {
  readonly perSecond: number;
  /** Of the gateway's processor time, in µs. */
  readonly cpuUsPerDelivery: number;
  /** Share (0 to 1) of the deliveries that came alone, in a read of their own. */
  readonly alone: number;
}

export interface BurstResult {
  /** From the moment at which the generator began to hand the burst over, to the last frame. */
  readonly perSecond: number;
  /** The same from the moment at which it had: for ours, from the commit. */
  readonly perSecondFromHandover: number;
  readonly cpuUsPerDelivery: number;
}

interface SingleTimes {
  readonly warmUp: number;
  readonly messages: number;
}

/**
 * One message at a time: while one is written to the sockets the next is on its way, and the one after it waits for the
 * first to have arrived everywhere. So none ever waits beside another, and yet no gateway waits for us.
 */
export async function measureSingle(
  contender: Contender,
  shops: readonly Shop[],
  { warmUp, messages }: SingleTimes,
): Promise<SingleResult> {
  const farm = await openFarm(contender, Array.from({ length: socketsCount }, contender.seats.everything));
  const underWay: Promise<void>[] = [];
  let sent = 0;
  const send = () => underWay.push(contender.emit(shops.slice(sent++ % shops.length).slice(0, 1), 'everything'));
  const pass = async (count: number) => {
    send();
    for (let arrived = 0; arrived < count; arrived++) {
      if (arrived + 1 < count) send();
      await farm.arrival(1);
      await underWay.shift();
    }
  };
  await pass(warmUp);
  const before = { ...(await farm.report()), ...(await contender.gateway.ask('cpu')) };
  const startedUs = nowUs();
  await pass(messages);
  const tookUs = nowUs() - startedUs;
  const after = { ...(await farm.report()), ...(await contender.gateway.ask('cpu')) };
  requireExact(after.counts, warmUp + messages);
  await farm.close();
  const deliveries = messages * socketsCount;
  return {
    perSecond: (deliveries / tookUs) * 1e6,
    cpuUsPerDelivery: (after.cpuUs - before.cpuUs) / deliveries,
    alone: (after.reads - before.reads) / deliveries,
  };
}

export interface BurstPlan {
  /** Messages of one burst. */
  readonly messages: number;
  readonly rounds: number;
}

/** A burst on one topic, which all sockets hear, or spread evenly over the shops, of which each socket hears one. */
export async function measureBursts(
  contender: Contender,
  { shops, to }: { readonly shops: readonly Shop[]; readonly to: 'everything' | 'shops' },
  { messages, rounds }: BurstPlan,
): Promise<BurstResult> {
  const { seats, gateway } = contender;
  const seatAt = (at: number) => {
    const shop = shops[at % shops.length];
    return to === 'everything' || shop === undefined ? seats.everything() : seats.ofShop(shop);
  };
  const farm = await openFarm(
    contender,
    Array.from({ length: socketsCount }, (_, at) => seatAt(at)),
  );
  const burst = Array.from({ length: messages }, (_, at) => shops.slice(at % shops.length).slice(0, 1)).flat();
  const perSocket = to === 'everything' ? messages : messages / shops.length;
  const runs: BurstResult[] = [];
  // The first is to warm up, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const { cpuUs } = await gateway.ask('cpu');
    const startedUs = nowUs();
    const arrival = farm.arrival(perSocket);
    await contender.emit(burst, to);
    const handedOverUs = nowUs();
    const arrivedUs = await arrival;
    const deliveries = socketsCount * perSocket;
    runs.push({
      perSecond: (deliveries / (arrivedUs - startedUs)) * 1e6,
      perSecondFromHandover: (deliveries / (arrivedUs - handedOverUs)) * 1e6,
      cpuUsPerDelivery: ((await gateway.ask('cpu')).cpuUs - cpuUs) / deliveries,
    });
  }
  requireExact((await farm.report()).counts, (rounds + 1) * perSocket);
  await farm.close();
  const medianOf = (pick: (run: BurstResult) => number) => median(runs.slice(1).map(pick));
  return {
    perSecond: medianOf((run) => run.perSecond),
    perSecondFromHandover: medianOf((run) => run.perSecondFromHandover),
    cpuUsPerDelivery: medianOf((run) => run.cpuUsPerDelivery),
  };
}

async function openFarm(
  { gateway, dialect }: Contender,
  seats: Parameters<typeof ReceiverFarm.open>[1],
): Promise<ReceiverFarm> {
  return ReceiverFarm.open({ port: gateway.port, dialect, eventBytesMin, readsTimes: false }, seats);
}

/** A figure of deliveries that were lost or doubled would be none. */
function requireExact(counts: readonly number[], expected: number): void {
  const wrong = counts.filter((count) => count !== expected);
  if (wrong.length > 0) {
    throw new Error(`${wrong.length} of ${counts.length} sockets got ${wrong[0]} instead of ${expected} events.`);
  }
}
