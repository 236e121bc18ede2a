// The proof that nobody misses anything: screens on many shops, sales that never stop, and every break there is. At the end
// each screen must have been handed exactly the events of its shop, in order per entity, and show the shelf that the
// database has.
import { createTillstream } from '../../../client/src/index.ts';
import { openShop } from '../../../client/test/open-shop.ts';
import { type Committed, checkDelivery, type DeliveryVerdict, exactDelivery } from '../harness/delivery-checker.ts';
import type { TestDatabase } from '../harness/test-database.ts';
import { changeShelves } from './change-shelves.ts';
import { committedSince, inTurns, newestEvent, pick, Rush } from './rush.ts';
import { isSameShelf, readShelves, type ShelfItem, shelfOf } from './shelves.ts';
import { openWatcher, type Watcher } from './watcher.ts';

export interface ProofSize {
  readonly clients: number;
  readonly shops: number;
  /** Breaks of each client's own wire, besides those that come of the nodes. */
  readonly disconnects: number;
  readonly events: number;
  /** How many of the clients show a shelf too; all where it is left out. Each reads it anew for every change of levels. */
  readonly shelves?: number;
  /** Of each client. Where a thousand share a processor with their server, none must take a slow answer for a dead wire. */
  readonly heartbeatMs?: number;
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

export interface WrongShelf {
  readonly client: number;
  readonly states: string;
  readonly shown: readonly ShelfItem[];
  readonly wanted: readonly ShelfItem[];
}

export interface ProofReport {
  /** One for each client that was not handed exactly its shop's events. */
  readonly failures: readonly (DeliveryVerdict & { readonly client: number })[];
  /** One for each client whose shelf is not that of the database. */
  readonly wrongShelves: readonly WrongShelf[];
  readonly events: number;
  /** Changes of levels and items that came between the sales. */
  readonly shelfChanges: number;
  /** Times that clients came back. */
  readonly returns: number;
}

export async function proveResume(ground: ProofGround, options: ProofOptions): Promise<ProofReport> {
  const owner = createTillstream({ url: ground.url, apiKey: ground.ownerKey });
  const shops = await inTurns(options.shops, 4, () => openShop(ground.url, ground.ownerKey));
  const begun = await newestEvent(ground.database);
  const watchers = await inTurns(options.clients, 50, async (client) => {
    const { locationId } = pick(shops, client);
    // Joined to a snapshot: the node that is joined may be a moment behind it.
    const { feedCursor: after } = await owner.listStock(locationId);
    const { backfill = true, heartbeatMs = 1_000 } = options;
    const shelf = client < (options.shelves ?? options.clients);
    return openWatcher({ url: ground.url, apiKey: ground.ownerKey, locationId, after, backfill, shelf, heartbeatMs });
  });
  try {
    const changes = changeShelves(owner, shops);
    const rush = new Rush(owner, shops, changes.change);
    const breaks = Promise.all([
      ...watchers.map((watcher, client) => breakOften(watcher, { client, times: options.disconnects, rush })),
      options.meanwhile?.(),
    ]);
    await rush.sellUntil(options.events, breaks);
    await breaks;
    const isComplete = options.backfill ?? true;
    const committed = await committedSince(ground.database, begun);
    const failures = await judge(watchers, committed, isComplete);
    return {
      failures,
      wrongShelves: await judgeShelves(ground.database, watchers, isComplete),
      events: [...committed.values()].reduce((sum, each) => sum + each.length, 0),
      shelfChanges: changes.made,
      returns: watchers.reduce((sum, { returns }) => sum + returns, 0),
    };
  } finally {
    await Promise.all(watchers.map((watcher) => watcher.close()));
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

async function judge(
  watchers: readonly Watcher[],
  committed: ReadonlyMap<string, Committed[]>,
  isComplete: boolean,
): Promise<ProofReport['failures']> {
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
  return failures;
}

async function judgeShelves(
  database: TestDatabase,
  watchers: readonly Watcher[],
  isComplete: boolean,
): Promise<WrongShelf[]> {
  const shelves = await readShelves(database);
  const judged = watchers.map(async (watcher, client) => {
    if (watcher.shelf === null) return [];
    const wanted = shelves.get(watcher.locationId) ?? [];
    if (isComplete) await watcher.showsShelf((shelf) => isSameShelf(shelf, wanted)).catch(() => undefined);
    const { states } = watcher;
    return isSameShelf(watcher.shelf, wanted) ? [] : [{ client, states, shown: shelfOf(watcher.shelf), wanted }];
  });
  return (await Promise.all(judged)).flat();
}
