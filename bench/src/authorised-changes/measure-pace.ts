// Changes at a steady pace, and what becomes of them: how many arrive a second, and how late.
import { setTimeout as pause } from 'node:timers/promises';
import { type GatewayProcess, startGateway } from '../gateways/gateway-process.ts';
import type { Brand, Shop } from '../ground/brand.ts';
import { percentile } from '../ground/figure.ts';
import type { Person } from '../ground/people.ts';
import { nowUs } from '../ground/steady-clock.ts';
import type { StockLog } from '../ground/stock-log.ts';
import { ReceiverFarm } from '../sockets/receiver-farm.ts';

export interface Subscribers {
  readonly people: readonly Person[];
  readonly gateway: GatewayProcess;
  readonly farm: ReceiverFarm;
  /** Changes of each shop so far, by its id. */
  readonly changes: Map<string, number>;
  stop(): Promise<void>;
}

export interface Pace {
  /** Deliveries a second. */
  readonly pace: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface PaceResult {
  readonly pace: number;
  readonly changesPerSecond: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Of one core, that the gateway took (0 to 1, more with its helpers). */
  readonly cpuShare: number;
}

const room = 'stock of all my shops';
/** Of every kind of frame but changes, the largest is shorter. */
const eventBytesMin = 320;
const tickMs = 10;
const arrivalMsMax = 10_000;

export async function openSubscribers(databaseUrl: string, people: readonly Person[]): Promise<Subscribers> {
  const gateway = await startGateway(new URL('../gateways/ours.ts', import.meta.url), databaseUrl);
  const seats = people.map(({ token }) => ({ key: token, rooms: [room] }));
  const farm = await ReceiverFarm.open({ port: gateway.port, dialect: 'ours', eventBytesMin, readsTimes: true }, seats);
  const stop = async () => {
    await farm.close();
    await gateway.stop();
  };
  return { people, gateway, farm, changes: new Map(), stop };
}

interface Means {
  readonly subscribers: Subscribers;
  readonly log: StockLog;
  readonly brand: Brand;
}

export async function measurePace(wish: Pace, { subscribers, log, brand }: Means): Promise<PaceResult> {
  const { people, gateway, farm, changes } = subscribers;
  const { shops } = brand;
  const deliveriesPerChange = people.reduce((sum, person) => sum + person.shops.length, 0) / shops.length;
  const writer = new PacedWriter(wish.pace / deliveriesPerChange, async (count, turn) => {
    const due = Array.from({ length: count }, (_, at) => shops[(turn + at) % shops.length]).filter(
      (shop) => !!shop,
    ) as Shop[];
    for (const { locationId } of due) changes.set(locationId, (changes.get(locationId) ?? 0) + 1);
    await log.write(due);
    gateway.feed.write('committed\n');
  });
  const writing = writer.run();
  await pause(wish.warmUpMs);
  await farm.report();
  const before = { written: writer.written, atUs: nowUs(), ...(await gateway.ask('cpu')) };
  await pause(wish.measuredMs);
  const report = await farm.report();
  const after = { written: writer.written, atUs: nowUs(), ...(await gateway.ask('cpu')) };
  writer.stopped = true;
  await writing;
  await requireExact(subscribers);
  const seconds = (after.atUs - before.atUs) / 1e6;
  const [p50Ms = 0, p95Ms = 0, p99Ms = 0] = [0.5, 0.95, 0.99].map((share) => percentile(report.latenciesMs, share));
  return {
    pace: wish.pace,
    changesPerSecond: (after.written - before.written) / seconds,
    perSecond: report.latenciesMs.length / seconds,
    p50Ms,
    p95Ms,
    p99Ms,
    cpuShare: (after.cpuUs - before.cpuUs) / (after.atUs - before.atUs),
  };
}

/** Writes what is due each few milliseconds, whether or not the last was committed: a slow server must not slow it down. */
class PacedWriter {
  readonly #perSecond: number;
  readonly #write: (count: number, turn: number) => Promise<void>;
  written = 0;
  stopped = false;

  constructor(perSecond: number, write: (count: number, turn: number) => Promise<void>) {
    this.#perSecond = perSecond;
    this.#write = write;
  }

  async run(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const startedUs = nowUs();
    while (!this.stopped) {
      const due = Math.floor(((nowUs() - startedUs) / 1e6) * this.#perSecond) - this.written;
      if (due > 0) {
        const writing: Promise<void> = this.#write(due, this.written).finally(() => underWay.delete(writing));
        underWay.add(writing);
        this.written += due;
      }
      await pause(tickMs);
    }
    await Promise.all(underWay);
  }
}

/** Each subscriber has, in the end, every change that it may see and no other: a figure without that would be none. */
async function requireExact({ people, farm, changes }: Subscribers): Promise<void> {
  const expected = people.map(({ shops }) => shops.reduce((sum, shop) => sum + (changes.get(shop.locationId) ?? 0), 0));
  const deadline = nowUs() + arrivalMsMax * 1_000;
  for (;;) {
    const { counts } = await farm.report();
    const wrong = counts.filter((count, at) => count !== expected[at]);
    if (wrong.length === 0) return;
    if (nowUs() > deadline)
      throw new Error(`${wrong.length} of ${counts.length} subscribers have not what they may see.`);
    await pause(50);
  }
}
