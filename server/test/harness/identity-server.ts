// Identity alone behind a real HTTP server, with a small tree of two brands: what the tests of its routes call.
import { Writable } from 'node:stream';
import { createConflictKeeper } from '../../src/domains/conflicts/index.ts';
import type { Authenticator } from '../../src/identity/authenticate.ts';
import {
  addIdentityRoutes,
  addMembership,
  authenticateRequests,
  createApiKey,
  createAuthenticator,
  createFranchise,
  createFranchisee,
  createLocation,
  createUser,
  type KeyScope,
  type NewMembership,
} from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import type { Database } from '../../src/platform/database.ts';
import { createHealth } from '../../src/platform/health.ts';
import { createHttp, createHttpService, type HttpApp } from '../../src/platform/http.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createVersionedUpdates } from '../../src/platform/versioned-update.ts';
import { ManualClock } from './manual-clock.ts';
import { openTestDatabase, type TestDatabase } from './test-database.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface KeyPlace {
  readonly franchiseeId?: string;
  readonly locationIds?: string[];
  readonly expiresAt?: Date;
}

export interface IdentityServer {
  readonly app: HttpApp;
  readonly url: string;
  readonly clock: ManualClock;
  readonly database: TestDatabase;
  readonly tree: Tree;
  /** `what` is method and path: `GET /v1/me`. */
  call(what: string, credential?: string, body?: unknown): Promise<Answer>;
  /** The token of a new person with these memberships. */
  person(...places: NewMembership['place'][]): Promise<string>;
  /** A new key of the first brand. */
  key(scopes: KeyScope[], place?: KeyPlace): Promise<string>;
  stop(): Promise<void>;
}

const system = backgroundActor('test');

/** `addRoutes` adds routes of the test's own before the server starts. */
export async function startIdentityServer(
  addRoutes: (app: HttpApp) => void = () => undefined,
): Promise<IdentityServer> {
  const database = await openTestDatabase();
  const { db } = database;
  const clock = new ManualClock('2026-03-02T09:00:00.000Z');
  const authenticator = createAuthenticator({ db, clock, tokenSecret: new Uint8Array(32).fill(7) });
  const logger = createLogger({ level: 'silent', destination: new Writable({ write: (_c, _e, done) => done() }) });
  const app = await createHttp({ logger, metrics: createMetrics(), health: createHealth(() => undefined) });
  authenticateRequests(app, authenticator);
  const edits = createVersionedUpdates({ db, keepConflict: createConflictKeeper(clock) });
  addIdentityRoutes(app, { db, clock, authenticator, edits });
  addRoutes(app);
  const service = createHttpService(app, { host: '127.0.0.1', port: 0, stopTimeoutMs: 5_000 });
  await service.start();
  const tree = await plant(db);
  return {
    app,
    url: service.url(),
    clock,
    database,
    tree,
    call: (what, credential, body) =>
      send(new URL(what.split(' ')[1] ?? '', service.url()), { what, credential, body }),
    person: (...places) => makePerson({ db, authenticator, at: clock.now() }, places),
    async key(scopes, place = {}) {
      const request = { franchiseId: tree.brand.id, name: 'key', scopes, createdBy: 'test', ...place };
      return (await db.transaction(system, (tx) => createApiKey(tx, request))).key;
    },
    async stop() {
      await service.stop();
      await database.close();
    },
  };
}

type Tree = Awaited<ReturnType<typeof plant>>;

/** Two brands; the first with two franchisees, one of which has two shops, and a shop of the brand's own. */
function plant(db: Database) {
  return db.transaction(system, async (tx) => {
    const brand = await createFranchise(tx, { name: 'Maven', currency: 'USD' });
    const other = await createFranchise(tx, { name: 'Other', currency: 'EUR' });
    const firm = await createFranchisee(tx, { franchiseId: brand.id, name: 'Firm' });
    const rival = await createFranchisee(tx, { franchiseId: brand.id, name: 'Rival' });
    const place = { franchiseId: brand.id, timeZone: 'America/New_York' };
    const astoria = await createLocation(tx, { ...place, franchiseeId: firm.id, name: 'Astoria' });
    const harlem = await createLocation(tx, { ...place, franchiseeId: firm.id, name: 'Harlem' });
    const bronx = await createLocation(tx, { ...place, franchiseeId: rival.id, name: 'Bronx' });
    const flagship = await createLocation(tx, { ...place, name: 'Flagship' });
    const foreign = await createLocation(tx, { franchiseId: other.id, timeZone: 'Europe/Berlin', name: 'Berlin' });
    return { brand, other, firm, rival, astoria, harlem, bronx, flagship, foreign };
  });
}

async function makePerson(
  { db, authenticator, at }: { db: Database; authenticator: Authenticator; at: Date },
  places: readonly NewMembership['place'][],
): Promise<string> {
  const id = await db.transaction(system, async (tx) => {
    const user = await createUser(tx, { name: 'Ada' });
    for (const place of places) await addMembership(tx, { userId: user.id, place, at });
    return user.id;
  });
  return authenticator.issueToken(id);
}

async function send(
  url: URL,
  { what, credential, body }: { what: string; credential: string | undefined; body: unknown },
): Promise<Answer> {
  const response = await fetch(url, {
    method: what.split(' ')[0] ?? '',
    headers: {
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** The names in a list's answer, in its order. */
export function namesIn({ body }: Answer): string[] {
  return (body['items'] as { name: string }[]).map(({ name }) => name);
}
