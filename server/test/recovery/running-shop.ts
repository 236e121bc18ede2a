// A whole server on a database given by URL, with one shop that sells: what is backed up, lost and put back. The secret
// keys are the same wherever the database goes, as an operator keeps them.
import { tmpdir } from 'node:os';
import { createApp } from '../../src/app.ts';
import { type Config, type NodeRole, readConfig } from '../../src/config.ts';
import { addMembership, createApiKey, createFranchise, createUser, type KeyScope } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { startAll, stopAll } from '../../src/platform/service.ts';
import { prepareDatabase } from '../../src/prepare-database.ts';
import { type Connection, openConnection } from '../flow/connections.ts';
import { type SalesWatcher, watchSales } from '../flow/sales-watcher.ts';
import { made } from '../flow/stand-up.ts';

const secretKeys = [new Uint8Array(32).fill(7)];
const founder = backgroundActor('test');
const sku = 'BEAN';
// One moment for all sales: a till that sends a sale again sends the same sale.
const occurredAt = systemClock.now().toISOString();

export interface RunningServer {
  readonly url: string;
  readonly epoch: number;
  readonly db: Awaited<ReturnType<typeof createApp>>['db'];
  stop(): Promise<void>;
}

/** `logged`: where all that it logs goes, down to the last detail; else it logs nothing. */
export async function runServer(
  ownerUrl: string,
  roles?: readonly NodeRole[],
  logged?: string[],
): Promise<RunningServer> {
  const { epoch } = await prepareDatabase(ownerUrl, systemClock.now());
  const given = readConfig({ TILLSTREAM_PORT: '0', TILLSTREAM_DATA_DIR: tmpdir(), TILLSTREAM_LOG_LEVEL: 'fatal' });
  const config: Config = { ...given, roles: roles ?? given.roles, database: { url: ownerUrl, connectionsMax: 6 } };
  const logger =
    logged === undefined
      ? createLogger({ level: config.logLevel })
      : createLogger({ level: 'trace', destination: { write: (line: string) => void logged.push(line) } });
  const app = await createApp({ config, logger, ownerUrl, secretKeys, clock: systemClock });
  await startAll(app.services);
  return {
    url: app.url(),
    epoch,
    db: app.db,
    async stop() {
      await stopAll(app.services);
      await app.close();
    },
  };
}

export interface Shop {
  readonly key: string;
  readonly franchiseId: string;
  readonly locationId: string;
  readonly posSystemId: string;
  readonly productId: string;
}

/** Founds a brand with one shop, its manager, its till and a product of which 100 are there and 20 are few. */
export async function openShop(server: RunningServer): Promise<Shop> {
  const scopes: KeyScope[] = ['admin'];
  const { franchiseId, key } = await server.db.transaction(founder, async (tx) => {
    const { id } = await createFranchise(tx, { name: 'Bean and gone', currency: 'USD' });
    return {
      franchiseId: id,
      ...(await createApiKey(tx, { franchiseId: id, name: 'owner', scopes, createdBy: founder.id })),
    };
  });
  const connection = openConnection(server.url, key);
  try {
    const place = { name: 'Main Street', timeZone: 'UTC', currency: 'USD' };
    const { id: locationId } = await made(connection, '/v1/locations', place);
    await server.db.transaction(founder, async (tx) => {
      const { id: userId } = await createUser(tx, { name: 'Mo, who manages' });
      await addMembership(tx, { userId, place: { role: 'location_manager', locationId }, at: systemClock.now() });
    });
    const till = { locationId, systemType: 'custom', name: 'Till' };
    const { id: posSystemId } = await made(connection, '/v1/pos-systems', till);
    const bean = { sku, name: 'Beans', unit: 'bag', price: 12, currency: 'USD' };
    const { id: productId } = await made(connection, '/v1/products', bean);
    await made(connection, '/v1/inventory-items', { locationId, productId, reorderLevel: 20 });
    const delivery = { locationId, productId, type: 'in', quantity: 100, reason: 'Delivery' };
    await made(connection, '/v1/inventory/adjustments', delivery);
    return { key, franchiseId, locationId, posSystemId, productId };
  } finally {
    connection.close();
  }
}

/** Sells bags one by one, each sale under its own name, and answers each sale's status. */
export async function sell(server: RunningServer, shop: Shop, names: readonly string[]): Promise<string[]> {
  return withConnection(server, shop, async (connection) => {
    const transactions = names.map((externalId) => ({
      ...{ externalId, version: 1, occurredAt, total: 12, currency: 'USD', paymentMethod: 'cash' },
      lines: [{ sku, quantity: 1, unitPrice: 12, total: 12 }],
    }));
    const path = `/v1/pos-systems/${shop.posSystemId}/transactions`;
    const { status, body } = await connection.post(path, { transactions });
    if (status !== 200) throw new Error(`selling answered ${status}: ${JSON.stringify(body)}`);
    return (body as { results: { status: string }[] }).results.map((result) => result.status);
  });
}

export interface FeedAnswer {
  readonly status: number;
  readonly code?: string;
  readonly ids: readonly string[];
  readonly cursor: string;
}

/** The pull feed from a cursor to its present end, or the refusal. */
export async function readFeed(server: RunningServer, shop: Shop, after?: string): Promise<FeedAnswer> {
  return withConnection(server, shop, async (connection) => {
    const ids: string[] = [];
    for (let cursor = after; ; ) {
      const query = new URLSearchParams({ limit: '50', ...(cursor === undefined ? {} : { after: cursor }) });
      const { status, body } = await connection.get(`/v1/events?${query}`);
      if (status !== 200) return { status, code: (body as { code: string }).code, ids, cursor: '' };
      const page = body as { items: { id: string }[]; nextCursor: string; caughtUp: boolean };
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      if (page.caughtUp) return { status, ids, cursor };
    }
  });
}

/** External ids of the shop's sales, as the API lists them. */
export async function listSales(server: RunningServer, shop: Shop): Promise<string[]> {
  return withConnection(server, shop, async (connection) => {
    const { body } = await connection.get(`/v1/locations/${shop.locationId}/transactions?limit=500`);
    return (body as { items: { externalId: string }[] }).items.map(({ externalId }) => externalId).sort();
  });
}

export function watch(server: RunningServer, shop: Shop): Promise<SalesWatcher> {
  return watchSales({ url: server.url, apiKey: shop.key, vsn: '2.0.0', locationId: shop.locationId, shopId: 'shop' });
}

/** Names for sales: `sale 1` to `sale 10`, say. */
export function named(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix} ${String(n + 1).padStart(3, '0')}`);
}

async function withConnection<T>(
  server: RunningServer,
  { key }: Shop,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = openConnection(server.url, key);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
