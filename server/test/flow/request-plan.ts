// How tills that lost their network really report a day: out of order, in bundles of any size, some of them twice.
import type { Random, Sale, TillSale } from '@tillstream/simulators';

export interface PlannedRequest {
  readonly shopId: string;
  readonly sales: readonly Sale[];
  /** Sent a second time, at any later moment, with the very same body. */
  readonly isRepetition: boolean;
}

const batchMax = 40;

/** The day's sales shuffled, cut into random batches a shop, and every tenth request repeated at a random later place. */
export function planRequests(random: Random, sales: readonly TillSale[]): PlannedRequest[] {
  const byShop = Map.groupBy(shuffled(random, sales), ({ shopId }) => shopId);
  const requests = [...byShop].flatMap(([shopId, ofShop]) =>
    cutRandomly(random, ofShop).map((batch) => ({ shopId, sales: batch.map(({ sale }) => sale), isRepetition: false })),
  );
  const plan: PlannedRequest[] = shuffled(random, requests);
  for (const [n, request] of [...plan].entries()) {
    if (n % 10 !== 9) continue;
    const place = random.between(plan.indexOf(request) + 1, plan.length);
    plan.splice(place, 0, { ...request, isRepetition: true });
  }
  return plan;
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.unit() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function cutRandomly<Item>(random: Random, items: readonly Item[]): Item[][] {
  const batches: Item[][] = [];
  for (let at = 0; at < items.length; ) {
    const size = random.between(1, batchMax);
    batches.push(items.slice(at, at + size));
    at += size;
  }
  return batches;
}
