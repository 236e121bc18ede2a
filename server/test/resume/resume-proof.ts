// The proof that nobody misses anything: screens on many shops, sales that never stop, and every break there is. At the end
// each screen must have been handed exactly the events of its shop, in order per entity.
import { createTillstream, type Tillstream } from '../../../client/src/index.ts';
import { openShop, type Shop, sale } from '../../../client/test/open-shop.ts';
import { type Committed, checkDelivery, type DeliveryVerdict, exactDelivery } from '../harness/delivery-checker.ts';
import type { TestDatabase } from '../harness/test-database.ts';
import { openWatcher, type Watcher } from './watcher.ts';

export interface ProofSize {
  readonly clients: number;
  readonly shops: number;
  /** Breaks of each client's own wire, besides those that come of the nodes. */
  readonly disconnects: number;
  readonly events: number;
}

export interface ProofGround {
  readonly database: TestDatabase;
  /** Where clients and tills connect. */
  readonly url: string;
  readonly ownerKey: string;
}

export interface ProofOptions extends ProofSize {
  readonly backfill?: boolean;
  /** What happens to the nodes meanwhile; sales go on until it is over. */
  readonly meanwhile?: () => Promise<void>;
}

export interface ProofReport {
  /** One for each client that was not handed exactly its shop's events. */
  readonly failures: readonly (DeliveryVerdict & { readonly client: number })[];
  readonly events: number;
  /** Times that clients came back. */
  readonly returns: number;
}

const salesPerRequest = 5;

export async function proveResume(ground: ProofGround, options: ProofOptions): Promise<ProofReport> {
  const owner = createTillstream({ url: ground.url, apiKey: ground.ownerKey });
  const shops = await inTurns(options.shops, 4, () => openShop(ground.url, ground.ownerKey));
  const [{ seq: begun } = { seq: 0 }] = await ground.database.rows<{ seq: number }>(
    'select coalesce(max(seq), 0)::float8 as seq from sync_events',
  );
  const watchers = await inTurns(options.clients, 50, async (client) => {
    const { locationId } = pick(shops, client);
    // Joined to a snapshot: the node that is joined may be a moment behind it.
    const { feedCursor: after } = await owner.listStock(locationId);
    const { backfill = true } = options;
    return openWatcher({ url: ground.url, apiKey: ground.ownerKey, locationId, after, backfill });
  });
  try {
    const rush = new Rush(owner, shops);
    const breaks = Promise.all([
      ...watchers.map((watcher, client) => breakOften(watcher, { client, times: options.disconnects, rush })),
      options.meanwhile?.(),
    ]);
    await rush.sellUntil(options.events, breaks);
    await breaks;
    const committed = await committedSince(ground.database, begun);
    return await judge(watchers, committed, options.backfill ?? true);
  } finally {
    await Promise.all(watchers.map((watcher) => watcher.close()));
  }
}

/** Sales of all shops in rounds, each with every shop's next few, for as long as it takes. */
class Rush {
  readonly #owner: Tillstream;
  readonly #shops: readonly Shop[];
  readonly #waiting: { round: number; go: () => void }[] = [];
  #round = 0;

  constructor(owner: Tillstream, shops: readonly Shop[]) {
    this.#owner = owner;
    this.#shops = shops;
  }

  async sellUntil(events: number, over: Promise<unknown>): Promise<void> {
    let isOver = false;
    const ended = over.finally(() => {
      isOver = true;
    });
    const roundsMin = Math.ceil(events / (this.#shops.length * salesPerRequest));
    while (this.#round < roundsMin || !isOver) {
      await inTurns(this.#shops.length, 4, (index) => this.#sell(pick(this.#shops, index)));
      this.#round += 1;
      for (const each of this.#waiting) if (each.round <= this.#round) each.go();
    }
    await ended;
  }

  /** Resolves when so many rounds more have been sold. */
  after(rounds: number): Promise<void> {
    return new Promise((go) => this.#waiting.push({ round: this.#round + rounds, go }));
  }

  /** Until it is acknowledged: a sale that was sent twice is booked once. */
  async #sell(shop: Shop): Promise<void> {
    const sales = Array.from({ length: salesPerRequest }, () => sale(shop));
    for (;;) {
      const results = await this.#owner.recordSales(shop.posSystemId, sales).catch(() => null);
      if (results !== null) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function breakOften(watcher: Watcher, wish: { client: number; times: number; rush: Rush }): Promise<void> {
  for (let time = 0; time < wish.times; time++) {
    await watcher.live();
    await wish.rush.after(1 + ((wish.client + time) % 3));
    // A silent wire takes a heartbeat to be noticed: every fourth break is one.
    if ((wish.client + time) % 4 === 0) await watcher.fallSilent();
    else await watcher.cut();
  }
  await watcher.live();
}

/** What a screen's key may see, numbered within each entity in the order of the log. A person's messages are theirs alone. */
async function committedSince(database: TestDatabase, seq: number): Promise<Map<string, Committed[]>> {
  const rows = await database.rows<Committed & { location: string }>(
    `select id, entity_id as entity, location_id as location,
       (row_number() over (partition by entity_id order by seq))::int as n
     from sync_events where seq > $1 and location_id is not null and event_type <> 'notification.queued' order by seq`,
    [seq],
  );
  return Map.groupBy(rows, (row) => row.location) as Map<string, Committed[]>;
}

async function judge(
  watchers: readonly Watcher[],
  committed: ReadonlyMap<string, Committed[]>,
  isComplete: boolean,
): Promise<ProofReport> {
  const failures: (DeliveryVerdict & { client: number })[] = [];
  for (const [client, { locationId, heard, hasHeard }] of watchers.entries()) {
    const wanted = committed.get(locationId) ?? [];
    // Who was not told what it missed would be waited for in vain.
    if (isComplete) await hasHeard(wanted.length).catch(() => undefined);
    const numbers = new Map(wanted.map(({ id, n }) => [id, n]));
    const delivered = heard.map(({ id, entityId }) => ({ id, entity: entityId, n: numbers.get(id) ?? 0 }));
    const verdict = checkDelivery(wanted, delivered);
    if (JSON.stringify(verdict) !== JSON.stringify(exactDelivery)) failures.push({ client, ...verdict });
  }
  const events = [...committed.values()].reduce((sum, each) => sum + each.length, 0);
  return { failures, events, returns: watchers.reduce((sum, { returns }) => sum + returns, 0) };
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('the list is empty');
  return found;
}

/** Makes `count` of something, so many at once. */
async function inTurns<T>(count: number, atOnce: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  const turns = Array.from({ length: count }, (_, index) => index).values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const index of turns) made[index] = await make(index);
    }),
  );
  return made;
}
