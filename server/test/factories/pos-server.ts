/** The slice pos behind a real HTTP server, with one brand, one shop and one till: what its tests over HTTP stand on. */
import { randomBytes } from 'node:crypto';
import { createConflictKeeper } from '../../src/domains/conflicts/index.ts';
import { addPosRoutes, createPos } from '../../src/domains/pos/index.ts';
import type { PollerLimits } from '../../src/domains/pos/polling/poller.ts';
import { authenticateRequests, createApiKey, createAuthenticator, type KeyScope } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { createHealth } from '../../src/platform/health.ts';
import { createHttp, createHttpService } from '../../src/platform/http.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createSecrets } from '../../src/platform/secrets.ts';
import { startAll, stopAll } from '../../src/platform/service.ts';
import { createVersionedUpdates } from '../../src/platform/versioned-update.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { openTestDatabase } from '../harness/test-database.ts';
import { addProducts, foundBrand, openShop } from './brand.ts';
import { installTill } from './till.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export type PosServer = Awaited<ReturnType<typeof startPosServer>>;

export interface PosServerOptions {
  readonly poller?: Partial<PollerLimits>;
  readonly vendorTimeoutMs?: number;
  readonly privateVendors?: boolean;
}

/** With `poller`, tills are also fetched from their vendors. */
export async function startPosServer(options: PosServerOptions = {}) {
  const clock = new ManualClock('2026-03-08T15:00:00Z');
  const database = await openTestDatabase();
  const brand = await foundBrand(database);
  await addProducts(database, brand, ['tea', 'cake']);
  const till = await installTill(database, await openShop(database, brand, { firm: true }));

  const logged: string[] = [];
  const logger = createLogger({ level: 'trace', destination: { write: (line: string) => void logged.push(line) } });
  const metrics = createMetrics();
  const secrets = createSecrets([randomBytes(32)]);
  const http = await createHttp({ logger, metrics, health: createHealth(() => undefined) });
  const authenticator = createAuthenticator({ db: database.db, clock, tokenSecret: randomBytes(32) });
  authenticateRequests(http, authenticator);
  const edits = createVersionedUpdates({ db: database.db, keepConflict: createConflictKeeper(clock) });
  const pos = createPos({
    privateVendors: true,
    ...{ db: database.db, clock, secrets, logger, metrics, lanes: { waitingSalesMax: 1_500 } },
    ...options,
  });
  addPosRoutes(http, { ...pos, edits });
  const listener = createHttpService(http, { host: '127.0.0.1', port: 0, stopTimeoutMs: 1_000 });
  const services = [pos.lanes, ...(options.poller === undefined ? [] : [pos.poller]), listener];
  await startAll(services);

  const makeKey = (scopes: KeyScope[], place: { franchiseId?: string; locationIds?: string[] } = {}) =>
    database.db.transaction(backgroundActor('test'), (tx) =>
      createApiKey(tx, { franchiseId: brand.franchiseId, name: 'test', scopes, createdBy: 'system:test', ...place }),
    );
  const { key } = await makeKey(['admin']);

  async function call(
    method: string,
    path: string,
    { body, as = key, headers = {} }: { body?: unknown; as?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const response = await fetch(listener.url() + path, {
      method,
      headers: {
        authorization: `Bearer ${as}`,
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isRaw ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }
  const send = (body: unknown, { to = till.id, ...options }: { to?: string; as?: string } = {}) =>
    call('POST', `/v1/pos-systems/${to}/transactions`, { body, ...options });

  async function stop(): Promise<void> {
    await stopAll(services);
    await database.close();
  }
  return {
    url: listener.url,
    clock,
    database,
    brand,
    till,
    logged,
    metrics,
    secrets,
    authenticator,
    pos,
    makeKey,
    call,
    send,
    stop,
  };
}

/** Status and code of a refusal, e.g. `404 pos.system_not_found`. */
export async function codeOf(answer: Promise<Answer>): Promise<string> {
  const { status, body } = await answer;
  return `${status} ${String(body['code'])}`;
}

/** All items of a list, page by page. `path` has a query already. */
export async function readAll(
  get: (path: string) => Promise<Answer>,
  path: string,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for (let after = ''; ; ) {
    const { body } = await get(path + after);
    items.push(...(body['items'] as Record<string, unknown>[]));
    if (body['nextCursor'] === null) return items;
    after = `&after=${String(body['nextCursor'])}`;
  }
}
