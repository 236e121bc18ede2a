// The load of bench ingest, a process of its own: so many connections, each with one request under way at all times.
import { setTimeout as pause } from 'node:timers/promises';
import type { Brand, Shop } from '../ground/brand.ts';
import { serveTask } from '../ground/child-task.ts';
import { HttpConnection } from '../ground/http-connection.ts';
import { SaleStream, salesPath } from '../ground/sale-stream.ts';

export interface PushTask {
  readonly url: string;
  readonly key: string;
  readonly brand: Brand;
  /** Begins the external ids: no two tasks on one database have the same. */
  readonly name: string;
  readonly salesPerRequest: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly roundMs: number;
  readonly rounds: number;
}

export interface PushAnswer {
  /** One rate a round. */
  readonly salesPerSecond: readonly number[];
  /** All sales that the server said it has created, warm-up and tail included. */
  readonly created: number;
}

class Load {
  readonly #task: PushTask;
  readonly #stream: SaleStream;
  created = 0;
  stopped = false;

  constructor(task: PushTask) {
    this.#task = task;
    this.#stream = new SaleStream(task.name, task.brand.products);
  }

  /** Sends until it is stopped, from shop to shop: a request is one till's. */
  async send(connection: HttpConnection, shops: readonly Shop[]): Promise<void> {
    const { salesPerRequest } = this.#task;
    for (let turn = 0; !this.stopped; turn++) {
      const shop = shops[turn % shops.length];
      if (shop === undefined) throw new Error('a connection has no shop to send for');
      const answer = await connection.post(salesPath(shop), this.#stream.nextBody(salesPerRequest));
      const created = answer.split('"status":"created"').length - 1;
      if (created !== salesPerRequest)
        throw new Error(`Of ${salesPerRequest} sales ${created} were created: ${answer}`);
      this.created += created;
    }
  }
}

async function pushSales(task: PushTask): Promise<PushAnswer> {
  const load = new Load(task);
  const { shops } = task.brand;
  const connections = await Promise.all(
    Array.from({ length: task.connections }, () => HttpConnection.open(task.url, task.key)),
  );
  const senders = Promise.all(
    connections.map((connection, place) =>
      load.send(
        connection,
        shops.filter((_, index) => index % task.connections === place),
      ),
    ),
  );
  // A sender that fails ends the measuring at once instead of slowing it down unseen.
  const salesPerSecond = await Promise.race([measure(load, task), senders.then(() => [])]);
  load.stopped = true;
  await senders;
  for (const connection of connections) connection.close();
  return { salesPerSecond, created: load.created };
}

async function measure(load: Load, { warmUpMs, roundMs, rounds }: PushTask): Promise<number[]> {
  await pause(warmUpMs);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [before, startedAt] = [load.created, performance.now()];
    await pause(roundMs);
    rates.push(((load.created - before) / (performance.now() - startedAt)) * 1_000);
  }
  return rates;
}

serveTask(pushSales);
