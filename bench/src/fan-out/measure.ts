// What is measured of one contender: messages one at a time, and bursts of them.
import { setTimeout as pause } from 'node:timers/promises';
import type { Shop } from '../ground/brand.ts';
import { median } from '../ground/figure.ts';
import { nowUs } from '../ground/steady-clock.ts';
import { ReceiverFarm } from '../sockets/receiver-farm.ts';
import type { Contender } from './contenders.ts';

export const socketsCount = 1_000;
/** Of every kind of frame but events, the largest is shorter. */
export const eventBytesMin = 320;

export interface SingleResult {
  /** At the highest pace that was kept. */
  readonly perSecond: number;
  /** Of the gateway's processor time, in µs. */
  readonly cpuUsPerDelivery: number;
  /** Share (0 to 1) of the deliveries that came alone, in a read of their own. */
  readonly alone: number;
}

export interface BurstResult {
  /** From the moment at which the generator began to hand the burst over, to the last frame. */
  readonly perSecond: number;
  readonly cpuUsPerDelivery: number;
}

/** Messages a second: the search for the highest pace begins between these. */
const paces = { low: 15, high: 240 };
const probes = 7;
const probeSeconds = 1.5;
/** A pace is kept if the last message has arrived no later than this after its turn, as a share of the whole. */
const lateMax = 0.05;
/** Where less came alone, messages have waited for each other, and it was no pace of single ones. */
const aloneMin = 0.8;
const warmUp = { pace: 30, messages: 45 };

/** One message at a time, at a steady pace: the highest that is kept, found by halving. */
export async function measureSingle(contender: Contender, shops: readonly Shop[]): Promise<SingleResult> {
  const farm = await openFarm(contender, Array.from({ length: socketsCount }, contender.seats.everything));
  const run = { contender, shops, farm };
  let sent = warmUp.messages;
  await sendAtPace(run, warmUp);
  let { low, high } = paces;
  let best: SingleResult | null = null;
  for (let probe = 0; probe < probes; probe++) {
    const pace = Math.sqrt(low * high);
    const messages = Math.round(pace * probeSeconds);
    sent += messages;
    const { isKept, ...result } = await sendAtPace(run, { pace, messages });
    if (isKept) [low, best] = [pace, result];
    else high = pace;
  }
  requireExact((await farm.report()).counts, sent);
  await farm.close();
  if (best === null) throw new Error(`not even ${paces.low} messages a second were kept up with`);
  return best;
}

interface SingleRun {
  readonly contender: Contender;
  readonly shops: readonly Shop[];
  readonly farm: ReceiverFarm;
}

async function sendAtPace(
  { contender, shops, farm }: SingleRun,
  { pace, messages }: { readonly pace: number; readonly messages: number },
): Promise<SingleResult & { readonly isKept: boolean }> {
  const before = { ...(await farm.report()), ...(await contender.gateway.ask('cpu')) };
  const arrival = farm.arrival(messages);
  const startedUs = nowUs();
  const underWay: Promise<void>[] = [];
  for (let sent = 0; sent < messages; sent++) {
    const dueUs = startedUs + (sent / pace) * 1e6;
    await pause(Math.max(0, (dueUs - nowUs()) / 1_000));
    underWay.push(contender.emit(shops.slice(sent % shops.length).slice(0, 1), 'everything'));
  }
  await Promise.all(underWay);
  const tookUs = (await arrival) - startedUs;
  const after = { ...(await farm.report()), ...(await contender.gateway.ask('cpu')) };
  const deliveries = messages * socketsCount;
  const alone = (after.reads - before.reads) / deliveries;
  return {
    perSecond: (deliveries / tookUs) * 1e6,
    cpuUsPerDelivery: (after.cpuUs - before.cpuUs) / deliveries,
    alone,
    isKept: tookUs <= (messages / pace) * 1e6 * (1 + lateMax) && alone >= aloneMin,
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
    const arrivedUs = await arrival;
    const deliveries = socketsCount * perSocket;
    runs.push({
      perSecond: (deliveries / (arrivedUs - startedUs)) * 1e6,
      cpuUsPerDelivery: ((await gateway.ask('cpu')).cpuUs - cpuUs) / deliveries,
    });
  }
  requireExact((await farm.report()).counts, (rounds + 1) * perSocket);
  await farm.close();
  const medianOf = (pick: (run: BurstResult) => number) => median(runs.slice(1).map(pick));
  return {
    perSecond: medianOf((run) => run.perSecond),
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
