// Sales of many shops in rounds, each with every shop's next few; and what came of them, as the database has it.
import type { Tillstream } from '../../../client/src/index.ts';
import { type Shop, sale } from '../../../client/test/open-shop.ts';
import type { Committed } from '../harness/delivery-checker.ts';
import type { TestDatabase } from '../harness/test-database.ts';

const salesPerRequest = 5;

export class Rush {
  readonly #owner: Tillstream;
  readonly #shops: readonly Shop[];
  readonly #besides: (round: number) => Promise<void>;
  readonly #waiting: { round: number; go: () => void }[] = [];
  #round = 0;

  /** `besides` is done beside the sales of each round, and is part of it. */
  constructor(owner: Tillstream, shops: readonly Shop[], besides = async (_round: number): Promise<void> => undefined) {
    this.#owner = owner;
    this.#shops = shops;
    this.#besides = besides;
  }

  /** At least so many sales, and for as long as `over` takes; no longer where it fails. */
  async sellUntil(sales: number, over: Promise<unknown>): Promise<void> {
    let roundsMin = Math.ceil(sales / (this.#shops.length * salesPerRequest));
    let isOver = false;
    const ended = over.finally(() => {
      isOver = true;
    });
    ended.catch(() => {
      roundsMin = 0;
    });
    while (this.#round < roundsMin || !isOver) await this.sellRound();
    await ended;
  }

  /** One shop's request after the other, one every `paceMs`, for as long as `over` takes. */
  async sellPaced(paceMs: number, over: Promise<unknown>): Promise<void> {
    let isOver = false;
    const ended = over.finally(() => {
      isOver = true;
    });
    for (let index = 0; !isOver; index++) {
      const pause = new Promise((resolve) => setTimeout(resolve, paceMs));
      await Promise.all([this.#sell(pick(this.#shops, index)), pause]);
    }
    await ended;
  }

  async sellRound(): Promise<void> {
    await Promise.all([
      inTurns(this.#shops.length, 4, (index) => this.#sell(pick(this.#shops, index))),
      this.#besides(this.#round),
    ]);
    this.#round += 1;
    for (const each of this.#waiting) if (each.round <= this.#round) each.go();
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

/** The number of the newest event. */
export async function newestEvent(database: TestDatabase): Promise<number> {
  const [row] = await database.rows<{ seq: number }>('select coalesce(max(seq), 0)::float8 as seq from sync_events');
  return row?.seq ?? 0;
}

/** What a screen's key may see, by shop, numbered within each entity in the order of the log. A person's messages are theirs alone. */
export async function committedSince(database: TestDatabase, seq: number): Promise<Map<string, Committed[]>> {
  const rows = await database.rows<Committed & { location: string }>(
    `select id, entity_id as entity, location_id as location,
       (row_number() over (partition by entity_id order by seq))::int as n
     from sync_events where seq > $1 and location_id is not null and event_type <> 'notification.queued' order by seq`,
    [seq],
  );
  return Map.groupBy(rows, (row) => row.location) as Map<string, Committed[]>;
}

export function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('the list is empty');
  return found;
}

/** Makes `count` of something, so many at once. */
export async function inTurns<T>(count: number, atOnce: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  const turns = Array.from({ length: count }, (_, index) => index).values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const index of turns) made[index] = await make(index);
    }),
  );
  return made;
}
