// The whole app on a database of its own and a free port: what the flow tests talk to over HTTP and sockets, as programs
// from outside do.
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { type App, createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { addMembership, createApiKey, createFranchise, createUser } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { startAll, stopAll } from '../../src/platform/service.ts';
import { openTestDatabase, type TestDatabase } from './test-database.ts';

export interface TestBrand {
  readonly url: string;
  readonly franchiseId: string;
  /** Its founder: a franchise admin, with a token. */
  readonly ownerId: string;
  readonly ownerToken: string;
  /** An API key with the scope `admin`. */
  readonly ownerKey: string;
}

/** Is itself the first brand's. */
export interface TestApp extends TestBrand {
  readonly app: App;
  readonly database: TestDatabase;
  /** Rows as the owner of the database sees them, past every policy. */
  readonly rows: TestDatabase['rows'];
  foundBrand(name: string): Promise<TestBrand>;
  /** Stops everything and drops the database. */
  stop(): Promise<void>;
}

export interface TestAppOptions {
  readonly clock?: Clock;
  /** Connections of the app's pool. */
  readonly connectionsMax?: number;
  readonly config?: Partial<Config>;
}

const founder = backgroundActor('test');

export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = await openTestDatabase();
  const clock = options.clock ?? systemClock;
  const given = readConfig({
    TILLSTREAM_PORT: '0',
    TILLSTREAM_DATA_DIR: tmpdir(),
    TILLSTREAM_LOG_LEVEL: 'error',
    TILLSTREAM_PRIVATE_VENDORS: 'on',
  });
  const connectionsMax = options.connectionsMax ?? given.database.connectionsMax;
  const config: Config = { ...given, database: { url: database.ownerUrl, connectionsMax }, ...options.config };
  const logger = createLogger({ level: config.logLevel });
  const { ownerUrl } = database;
  const app = await createApp({ config, logger, ownerUrl, secretKeys: [randomBytes(32)], clock });
  await startAll(app.services);
  const foundBrand = (name: string) => foundBrandOn(app, clock, name);
  return {
    ...(await foundBrand('First brand')),
    app,
    database,
    rows: database.rows,
    foundBrand,
    async stop() {
      await stopAll(app.services);
      await app.close();
      await database.close();
    },
  };
}

async function foundBrandOn(app: App, clock: Clock, name: string): Promise<TestBrand> {
  const brand = await app.db.transaction(founder, async (tx) => {
    const { id: franchiseId } = await createFranchise(tx, { name, currency: 'USD' });
    const { id: ownerId } = await createUser(tx, { name: `Owner of ${name}` });
    await addMembership(tx, { userId: ownerId, place: { role: 'franchise_admin', franchiseId }, at: clock.now() });
    const { key: ownerKey } = await createApiKey(tx, {
      franchiseId,
      name: 'owner',
      scopes: ['admin'],
      createdBy: founder.id,
    });
    return { franchiseId, ownerId, ownerKey };
  });
  return { ...brand, url: app.url(), ownerToken: await app.authenticator.issueToken(brand.ownerId) };
}
