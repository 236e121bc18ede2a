/**
 * Twelve shops with tills of three makes play real days many times faster than they were; webhooks are dropped, doubled and
 * late, requests answered 429 and 500, sales edited, refunded, voided and uploaded days later, the server killed: what it
 * has booked in the end is what the vendors' own books say, to the cent and to the piece.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { busyHabits, usualHabits } from '@tillstream/simulators/vendors';
import { expect, onTestFinished, test } from 'vitest';
import { createApiKey } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { add, decimal, plain } from '../../src/platform/decimal.ts';
import { vendorDayTotals, vendorGoods, vendorSales } from '../connectors/vendor-books.ts';
import { addProducts, foundBrand, openShop } from '../factories/brand.ts';
import { type KillableServer, makeDataDir, startKillableServer } from '../faults/kill-driver.ts';
import { eventually } from '../harness/eventually.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { isFullProof, report } from '../kill/proof-size.ts';
import { type Chain, openChain, registrationOf } from './chain.ts';
import { bookedDayTotals, bookedGoods, bookedSales, goneFromStock } from './chain-books.ts';

const size = isFullProof
  ? { from: '2023-06-01', to: '2023-06-30', speed: 6_000, kills: 10, habits: usualHabits }
  : { from: '2023-06-19', to: '2023-06-19', speed: 6_000, kills: 2, habits: busyHabits };

interface Till {
  readonly shopId: string;
  readonly locationId: string;
  readonly posSystemId: string;
}

test(
  `12 shops of three makes, ${size.from} to ${size.to}, ${size.kills} kills: the books are the vendors'`,
  async () => {
    const database = await openTestDatabase();
    onTestFinished(() => database.close());
    const chain = await openChain(size);
    onTestFinished(() => chain.close());
    const dataDir = await makeDataDir();
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const server = await startKillableServer(dataDir, { environment: { DATABASE_URL: database.ownerUrl } });
    onTestFinished(() => server.kill('node'));
    const call = await apiOf(database, server);
    const tills = await registerChain(database, chain, call);
    await listenToWebhooks(chain, call);

    const stopping = new AbortController();
    const playing = chain.play(stopping.signal);
    let isPlayed = false;
    void playing.then(() => {
      isPlayed = true;
    });
    let isThrough = false;
    onTestFinished(() => {
      isThrough = true;
    });
    const beat = beatUntil(database, () => isThrough);
    await killWhilePlaying(server, database, { chain, isPlayed: () => isPlayed });
    const actions = await playing;

    for (const trouble of chain.troubles()) Object.assign(trouble, { rateLimited: 0, failing: 0 });
    for (const { id } of chain.shops) await chain.vendors.tillsOf(id).webhooksSettled();
    // Polling is the guarantee: once each feed has come past the end of play, whatever became of the webhooks, everything
    // is booked, and a look back has nothing left to find.
    await untilFeedsReach(database, chain.now());
    isThrough = true;
    await beat;
    await expectVendorsBooks(database, chain, tills);
    expect(await lookBack(database, tills, call)).toBe(0);
    await expectVendorsBooks(database, chain, tills);
    report(
      `${chain.salesCount} sales, ${actions} acts at the tills; the feeds brought all, the look back repaired none`,
    );
  },
  isFullProof ? 3_600_000 : 900_000,
);

type Call = (method: string, path: string, body?: object) => Promise<Record<string, unknown>>;

async function apiOf(database: TestDatabase, server: KillableServer): Promise<Call> {
  const brand = await foundBrand(database, 'Chain');
  const { key } = await database.db.transaction(backgroundActor('test'), (tx) =>
    createApiKey(tx, { franchiseId: brand.franchiseId, name: 'test', scopes: ['admin'], createdBy: 'test' }),
  );
  return async (method, path, body) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-request-id': randomUUID() },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
}

async function registerChain(database: TestDatabase, chain: Chain, call: Call): Promise<Till[]> {
  const [row] = await database.rows<{ id: string }>('select id from franchises');
  const brand = { franchiseId: row?.id ?? '', admin: null as never };
  const skus = new Set(chain.shops.flatMap(({ products }) => products.map(({ sku }) => sku)));
  await addProducts(database, brand, [...skus]);
  const tills: Till[] = [];
  for (const { id } of chain.shops) {
    const { locationId } = await openShop(database, brand, { name: id });
    const made = await call('POST', '/v1/pos-systems', {
      locationId,
      ...registrationOf(chain, id),
      syncSettings: { enabled: true, autoSync: true, frequencyMinutes: 1 },
    });
    tills.push({ shopId: id, locationId, posSystemId: String(made['id']) });
  }
  return tills;
}

/** As a person would set them up at each vendor's developer pages. */
async function listenToWebhooks({ vendors: { square, clover, toast } }: Chain, call: Call): Promise<void> {
  const make = (systemType: string) => call('POST', '/v1/pos-webhooks', { systemType });
  const giveKey = (id: unknown, secret: string) => call('POST', `/v1/pos-webhooks/${id}/configure`, { secret });
  if (square) {
    const { id, url } = await make('square');
    await giveKey(id, square.subscribe(String(url)).signatureKey);
  }
  if (clover) {
    const { id, url } = await make('clover');
    expect(await clover.setWebhookAddress(String(url))).toBe(200);
    const { verificationCode } = await call('GET', `/v1/pos-webhooks/${id}`);
    await giveKey(id, clover.verifyWebhook(String(verificationCode)));
  }
  if (toast) {
    const { id, url } = await make('toast');
    await giveKey(id, toast.subscribe(String(url)).secret);
  }
}

/** A minute of the chain passes in the blink of an eye, so the tills are due every few seconds. */
async function beatUntil({ rows }: TestDatabase, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await rows(
      `update pos_connections as asked set next_poll_at = clock_timestamp()
       from (select ctid from pos_connections where lease_holder is null and next_poll_at > clock_timestamp()
         for no key update skip locked) as idle
       where asked.ctid = idle.ctid`,
    );
    await pause(3_000);
  }
}

/** By the vendors' clock: everything that changed up to then is booked from the feeds. */
async function untilFeedsReach({ rows }: TestDatabase, until: Date): Promise<void> {
  await eventually(async () => {
    const behind = await rows<{ cursor: Date; failure: string | null }>(
      'select cursor_at as cursor, failure_detail as failure from pos_connections where cursor_at <= $1',
      [until],
    );
    if (behind.length > 0) throw new Error(`Behind ${until.toISOString()}: ${JSON.stringify(behind)}`);
  }, 1_200_000);
}

/** Kills when so much is booked, so that a fast machine is killed as often as a slow one. */
async function killWhilePlaying(
  server: KillableServer,
  { rows }: TestDatabase,
  { chain, isPlayed }: { readonly chain: Chain; readonly isPlayed: () => boolean },
): Promise<void> {
  for (let kill = 1; kill <= size.kills; kill++) {
    const wanted = Math.floor((chain.salesCount * kill) / (size.kills + 1));
    await eventually(async () => {
      const [row] = await rows<{ booked: string }>('select count(*) as booked from pos_transactions');
      if (!isPlayed() && Number(row?.booked) < wanted) throw new Error(`${row?.booked} of ${wanted} are booked`);
    }, 1_200_000);
    await server.kill('node');
    await server.start();
  }
}

/** What the server does every night: all of it once more. Answers how much the feed and the webhooks had missed. */
async function lookBack({ rows }: TestDatabase, tills: readonly Till[], call: Call): Promise<number> {
  const [row] = await rows<{ since: Date }>('select min(floor_at) as since from pos_connections');
  const wishes = await Promise.all(
    tills.map(async ({ posSystemId }) => {
      const { id } = await call('POST', `/v1/pos-systems/${posSystemId}/sync`, { since: row?.since });
      return `/v1/pos-systems/${posSystemId}/syncs/${id}`;
    }),
  );
  let repaired = 0;
  for (const wish of wishes) {
    const over = await eventually(async () => {
      const sync = await call('GET', wish);
      if (sync['state'] !== 'done' && sync['state'] !== 'failed')
        throw new Error(`The sync is ${JSON.stringify(sync)}`);
      return sync;
    }, 600_000);
    expect(over).toMatchObject({ state: 'done' });
    repaired += Number(over['created']) + Number(over['updated']);
  }
  return repaired;
}

async function expectVendorsBooks({ rows }: TestDatabase, chain: Chain, tills: readonly Till[]): Promise<void> {
  expect(await rows(`select code, detail from sync_errors where state = 'open'`)).toEqual([]);
  for (const { shopId, locationId } of tills) {
    const vendor = chain.vendors.tillsOf(shopId);
    expect(await bookedSales(rows, locationId), shopId).toEqual(vendorSales(vendor, shopId));
    expect(await bookedDayTotals(rows, locationId), shopId).toEqual(
      asTold(vendor.kind, vendorDayTotals(vendor, shopId)),
    );
    const goods = vendorGoods(vendor, shopId);
    expect(await bookedGoods(rows, locationId), shopId).toEqual(goods);
    const products = new Set(chain.shops[0]?.products.map(({ sku }) => sku));
    const stocked = Object.fromEntries(Object.entries(goods).filter(([sku]) => products.has(sku)));
    expect(await goneFromStock(rows, locationId), shopId).toEqual(stocked);
  }
}

type DayTotals = Record<string, { paid: string; tips: string; refunded: string }>;

/** Toast has no kind of payment for wallets: its API tells them as OTHER. */
function asTold(make: string, totals: DayTotals): DayTotals {
  if (make !== 'toast') return totals;
  const told: Record<string, { paid: string; tips: string; refunded: string }> = {};
  for (const [key, total] of Object.entries(totals)) {
    const name = key.replace(/ wallet$/, ' other');
    const known = told[name] ?? { paid: '0', tips: '0', refunded: '0' };
    const sum = (column: 'paid' | 'tips' | 'refunded') => plain(add(decimal(known[column]), decimal(total[column])));
    told[name] = { paid: sum('paid'), tips: sum('tips'), refunded: sum('refunded') };
  }
  return told;
}
