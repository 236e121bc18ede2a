// The four ways from one message to many sockets, each told of a message in the way that suits it, and nothing else different.

import { type GatewayProcess, startGateway } from '../gateways/gateway-process.ts';
import type { Brand, Shop } from '../ground/brand.ts';
import type { StockLog } from '../ground/stock-log.ts';
import type { DialectName, Seat } from '../sockets/dialects.ts';

export const contenderNames = ['ours', 'ws-send', 'socket.io', 'raw-preframed'] as const;
export type ContenderName = (typeof contenderNames)[number];

export interface Contender {
  readonly gateway: GatewayProcess;
  readonly dialect: DialectName;
  /** A socket that hears everything, and one that hears of this shop alone. */
  readonly seats: { everything(): Seat; ofShop(shop: Shop): Seat };
  /** One message a shop; resolves when they are on their way: committed, or handed to the feed. */
  emit(shops: readonly Shop[], to: 'everything' | 'shops'): Promise<void>;
}

export interface Ground {
  readonly databaseUrl: string;
  readonly brand: Brand;
  readonly log: StockLog;
  readonly key: string;
}

/** `textBytes`: the size of our frames' content, which the others send too. */
export async function startContender(name: ContenderName, ground: Ground, textBytes: number): Promise<Contender> {
  return name === 'ours' ? startOurs(ground) : startOther(name, textBytes);
}

// A rush is committed as ingest commits one: each shop's events together and in their order, so many a commit, two commits
// at once. What the first have brought is on its way to the sockets while the others are written.
const commitEventsMax = 500;
const commitsAtOnce = 2;

function commitsOf(shops: readonly Shop[]): (readonly Shop[])[] {
  const commits: Shop[][] = [];
  for (const ofShop of Map.groupBy(shops, ({ locationId }) => locationId).values()) {
    const last = commits.at(-1);
    if (last !== undefined && last.length + ofShop.length <= commitEventsMax) last.push(...ofShop);
    else commits.push([...ofShop]);
  }
  return commits;
}

async function startOurs({ databaseUrl, brand, log, key }: Ground): Promise<Contender> {
  const gateway = await startGateway(new URL('../gateways/ours.ts', import.meta.url), databaseUrl);
  return {
    gateway,
    dialect: 'ours',
    seats: {
      everything: () => ({ key, rooms: [`franchise:${brand.franchiseId}`] }),
      ofShop: ({ locationId }) => ({ key, rooms: [`location:${locationId}`] }),
    },
    async emit(shops) {
      const waiting = commitsOf(shops).values();
      const commitOneByOne = async () => {
        for (const events of waiting) {
          await log.write(events);
          gateway.feed.write('committed\n');
        }
      };
      await Promise.all(Array.from({ length: commitsAtOnce }, commitOneByOne));
    },
  };
}

async function startOther(name: Exclude<ContenderName, 'ours'>, textBytes: number): Promise<Contender> {
  const gateway = await startGateway(new URL(`../gateways/${name.replace('.', '-')}.ts`, import.meta.url));
  const text = JSON.stringify({ stock: 'x'.repeat(textBytes) }).slice(0, textBytes);
  return {
    gateway,
    dialect: name === 'socket.io' ? 'socket.io' : 'plain',
    seats: {
      everything: () => ({ key: '', rooms: ['everything'] }),
      ofShop: ({ locationId }) => ({ key: '', rooms: [locationId] }),
    },
    async emit(shops, to) {
      gateway.feed.write(shops.map(({ locationId }) => `${to === 'shops' ? locationId : to} ${text}\n`).join(''));
    },
  };
}
