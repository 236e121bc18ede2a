// One message at a time: the highest pace that each contender keeps up with.
import { setTimeout as pause } from 'node:timers/promises';
import type { Shop } from '../ground/brand.ts';
import { nowUs } from '../ground/steady-clock.ts';
import type { ReceiverFarm } from '../sockets/receiver-farm.ts';
import type { Contender } from './contenders.ts';
import { openFarm, requireExact, socketsCount } from './receivers.ts';

export interface SingleResult {
  /** At the highest pace that was kept. */
  readonly perSecond: number;
  /** Of the gateway's processor time, in µs. */
  readonly cpuUsPerDelivery: number;
  /** Share (0 to 1) of the deliveries that came alone, in a read of their own. */
  readonly alone: number;
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

/**
 * One message at a time, at a steady pace: the highest that is kept by each, found by halving. They take turns, as in the
 * bursts: the machine is faster in one minute than in the next.
 */
export async function measureSingle(
  contenders: readonly Contender[],
  shops: readonly Shop[],
): Promise<ReadonlyMap<Contender, SingleResult>> {
  const searches = await Promise.all(
    contenders.map(async (contender) => {
      const farm = await openFarm(contender, Array.from({ length: socketsCount }, contender.seats.everything));
      return new PaceSearch({ contender, shops, farm });
    }),
  );
  for (const search of searches) await search.warmUp();
  for (let probe = 0; probe < probes; probe++) for (const search of searches) await search.probe();
  const results = new Map<Contender, SingleResult>();
  for (const search of searches) results.set(search.contender, await search.end());
  return results;
}

class PaceSearch {
  readonly #run: SingleRun;
  #low = paces.low;
  #high = paces.high;
  #sent = 0;
  #best: SingleResult | null = null;

  constructor(run: SingleRun) {
    this.#run = run;
  }

  get contender(): Contender {
    return this.#run.contender;
  }

  async warmUp(): Promise<void> {
    await this.#send(warmUp);
  }

  async probe(): Promise<void> {
    const pace = Math.sqrt(this.#low * this.#high);
    const { isKept, ...result } = await this.#send({ pace, messages: Math.round(pace * probeSeconds) });
    if (isKept) [this.#low, this.#best] = [pace, result];
    else this.#high = pace;
  }

  async end(): Promise<SingleResult> {
    requireExact((await this.#run.farm.report()).counts, this.#sent);
    await this.#run.farm.close();
    if (this.#best === null) throw new Error(`not even ${paces.low} messages a second were kept up with`);
    return this.#best;
  }

  #send(what: PacedMessages): ReturnType<typeof sendAtPace> {
    this.#sent += what.messages;
    return sendAtPace(this.#run, what);
  }
}

interface PacedMessages {
  /** Messages a second. */
  readonly pace: number;
  readonly messages: number;
}

interface SingleRun {
  readonly contender: Contender;
  readonly shops: readonly Shop[];
  readonly farm: ReceiverFarm;
}

async function sendAtPace(
  { contender, shops, farm }: SingleRun,
  { pace, messages }: PacedMessages,
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
