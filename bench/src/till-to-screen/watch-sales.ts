// The load of bench till-to-screen, a process of its own: tills and screens together, so that one clock times both ends.
import { setTimeout as pause } from 'node:timers/promises';
import type { Brand, Shop } from '../ground/brand.ts';
import { serveTask } from '../ground/child-task.ts';
import { percentile } from '../ground/figure.ts';
import { HttpConnection } from '../ground/http-connection.ts';
import { SaleStream, salesPath } from '../ground/sale-stream.ts';
import { openScreen } from './screen.ts';

export interface WatchTask {
  readonly url: string;
  readonly key: string;
  readonly brand: Brand;
  /** Sales a second, each a request; null: as many as the server answers, which measures its ceiling. */
  readonly rate: number | null;
  readonly name: string;
  readonly connections: number;
  readonly screensPerShop: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface WatchAnswer {
  /** Sales a second that were sent while it was measured. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly sightings: number;
  /** Sales that were due while every connection was busy: above a few, the load and not the server is what was measured. */
  readonly late: number;
}

/** Who has sent what when, and who has seen it. */
class Stopwatch {
  readonly #waited: Map<string, { sentAt: number; sightings: number }> = new Map();
  readonly #screensPerShop: number;
  readonly latencies: number[] = [];
  measuring = false;
  sent = 0;

  constructor(screensPerShop: number) {
    this.#screensPerShop = screensPerShop;
  }

  get unseen(): number {
    return this.#waited.size;
  }

  start(externalId: string): void {
    if (this.measuring) this.sent += 1;
    this.#waited.set(externalId, { sentAt: this.measuring ? performance.now() : Number.NaN, sightings: 0 });
  }

  see(externalId: string): void {
    const sale = this.#waited.get(externalId);
    if (sale === undefined) throw new Error(`${externalId} was shown more often than there are screens`);
    // Sales of the warm-up are waited for, but not timed.
    if (!Number.isNaN(sale.sentAt)) this.latencies.push(performance.now() - sale.sentAt);
    sale.sightings += 1;
    if (sale.sightings === this.#screensPerShop) this.#waited.delete(externalId);
  }
}

async function watchSales(task: WatchTask): Promise<WatchAnswer> {
  const watch = new Stopwatch(task.screensPerShop);
  const { shops } = task.brand;
  const watched = shops.flatMap((shop) => Array.from({ length: task.screensPerShop }, () => shop));
  const screens = [];
  for (const { locationId } of watched) screens.push(await openScreen(task, locationId, (id) => watch.see(id)));
  const connections = await Promise.all(
    Array.from({ length: task.connections }, () => HttpConnection.open(task.url, task.key)),
  );
  const tills = new Tills(connections, { watch, task });
  const sending = task.rate === null ? tills.sendAtWill() : tills.sendAtRate(task.rate);
  await Promise.race([pause(task.warmUpMs), sending]);
  watch.measuring = true;
  const startedAt = performance.now();
  await Promise.race([pause(task.measuredMs), sending]);
  const measuredMs = performance.now() - startedAt;
  watch.measuring = false;
  const { sent } = watch;
  tills.stopped = true;
  await sending;
  await until(() => watch.unseen === 0);
  for (const each of [...screens, ...connections]) each.close();
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => percentile(watch.latencies, share));
  if (p50Ms === undefined || p95Ms === undefined || p99Ms === undefined) throw new Error('nothing was measured');
  const rate = (sent / measuredMs) * 1_000;
  return { rate, p50Ms, p95Ms, p99Ms, sightings: watch.latencies.length, late: tills.late };
}

const arrivalMsMax = 10_000;

/** What a screen was not shown within seconds of the last sale, it is never shown: an error, not a slow figure. */
async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + arrivalMsMax;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('Some sales have not reached every screen.');
    await pause(10);
  }
}

class Tills {
  readonly #idle: HttpConnection[];
  readonly #stream: SaleStream;
  readonly #watch: Stopwatch;
  readonly #shops: readonly Shop[];
  readonly #underWay = new Set<Promise<void>>();
  #turn = 0;
  stopped = false;
  late = 0;

  constructor(connections: readonly HttpConnection[], { watch, task }: { watch: Stopwatch; task: WatchTask }) {
    this.#idle = [...connections];
    this.#watch = watch;
    this.#stream = new SaleStream(task.name, task.brand.products);
    this.#shops = task.brand.shops;
  }

  /** Each connection sends its next sale as soon as its last is answered. */
  async sendAtWill(): Promise<void> {
    const connections = this.#idle.splice(0);
    await Promise.all(
      connections.map(async (connection) => {
        while (!this.stopped) await this.#sell(connection);
      }),
    );
  }

  /** At a fixed pace, whether or not the last ones were answered: a slow server must not slow the tills down. */
  async sendAtRate(rate: number): Promise<void> {
    const startedAt = performance.now();
    for (let due = 0; !this.stopped; ) {
      const wanted = ((performance.now() - startedAt) / 1_000) * rate;
      for (; due < wanted; due++) {
        // In turn: the server takes a connection that it has not heard of for ten seconds for a slow attacker's.
        const connection = this.#idle.shift();
        if (connection === undefined) {
          this.late += 1;
          break;
        }
        const selling: Promise<void> = this.#sell(connection).finally(() => {
          this.#idle.push(connection);
          this.#underWay.delete(selling);
        });
        this.#underWay.add(selling);
      }
      await pause(1);
    }
    await Promise.all(this.#underWay);
  }

  async #sell(connection: HttpConnection): Promise<void> {
    const shop = this.#shops[this.#turn++ % this.#shops.length];
    if (shop === undefined) throw new Error('there are no shops');
    const { externalId, text } = this.#stream.next(new Date().toISOString());
    const body = `{"transactions":[${text}]}`;
    this.#watch.start(externalId);
    const answer = await connection.post(salesPath(shop), body);
    if (!answer.includes('"status":"created"')) throw new Error(`A sale was not created: ${answer}`);
  }
}

serveTask(watchSales);
