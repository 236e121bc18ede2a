// A gateway with everything real around it: PostgreSQL, the log and its relay, keys and tokens, an HTTP server on a port
// of its own. Only the clock can be moved.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, Writable } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { type Brand, foundBrand, openShop, type Shop } from '../../../../test/factories/brand.ts';
import { ManualClock } from '../../../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../../test/harness/test-database.ts';
import {
  type AnyNewEvent,
  append,
  type Bus,
  createInProcessBus,
  createRelay,
  oldestPosition,
  type StoredEvent,
} from '../../../events/index.ts';
import { addMembership } from '../../../identity/add-membership.ts';
import { type Authenticator, createAuthenticator } from '../../../identity/authenticate.ts';
import { createApiKey } from '../../../identity/create-api-key.ts';
import { createUser } from '../../../identity/create-user.ts';
import { createPlaces } from '../../../identity/find-place.ts';
import type { KeyScope } from '../../../identity/roles.ts';
import { backgroundActor } from '../../../platform/actor.ts';
import { createHealth } from '../../../platform/health.ts';
import { createHttp } from '../../../platform/http.ts';
import { createLogger } from '../../../platform/logger.ts';
import { createMetrics, type Metrics } from '../../../platform/metrics.ts';
import { startAll, stopAll } from '../../../platform/service.ts';
import {
  addRealtimeRoutes,
  createRealtimeGateway,
  type RealtimeGateway,
  type RealtimeLimits,
  recogniseSubscribers,
  type SubscriberSource,
} from '../index.ts';
import { type FeedTable, tablesOfTheFeed } from '../matching/feed.ts';
import { noOtherNodes, type RoomCarrier } from '../rooms/room-carrier.ts';

export interface LiveGateway {
  readonly url: string;
  readonly port: number;
  readonly gateway: RealtimeGateway;
  readonly metrics: Metrics;
  readonly clock: ManualClock;
  readonly database: TestDatabase;
  readonly authenticator: Authenticator;
  /** Failures that the gateway or the relay reported; a test that expects none says so. */
  readonly failures: unknown[];
  /** The sockets that clients have open, to cut them. */
  readonly streams: ReadonlySet<Duplex>;
  /** The way to the other nodes, of which there are none; a test may put something else in its place. */
  readonly carrier: { publish: RoomCarrier['publish'] };
  /** What rights are decided by, and where replay reads; a test may put something slower in its place. */
  readonly source: {
    authenticate: SubscriberSource['authenticate'];
    readBroadcasts: SubscriberSource['readBroadcasts'];
  };
  append(...events: AnyNewEvent[]): Promise<string[]>;
  /** Hands the gateway events as if the relay had read them, for rows that no table of ours has. */
  publish(...events: StoredEvent[]): void;
  close(): Promise<void>;
}

const actor = backgroundActor('test');

export async function openLiveGateway(
  wantedLimits: Partial<RealtimeLimits> = {},
  moreTables: readonly FeedTable[] = [],
  /** What stands between relay and gateway: for relays that are broken on purpose. */
  between: (bus: Bus) => Bus = (bus) => bus,
): Promise<LiveGateway> {
  const tables = [...tablesOfTheFeed, ...moreTables];
  // By a clock that stands still nobody who has to wait would ever be let in.
  const limits = { acceptsPerSecondMax: 1_000_000, ...wantedLimits };
  const failures: unknown[] = [];
  const onError = (error: unknown) => void failures.push(error);
  let wake: () => void = () => undefined;
  const database = await openTestDatabase({ onWake: () => wake() });
  const { db } = database;
  const clock = new ManualClock('2026-06-01T12:00:00Z');
  const authenticator = createAuthenticator({ db, clock, tokenSecret: Buffer.alloc(32, 'secret of these tests') });
  const bus = createInProcessBus();
  let end = oldestPosition(1);
  bus.subscribe(({ to }) => {
    end = to;
  });
  const relay = createRelay({ db, bus: between(bus), onError });
  wake = () => relay.wake();
  const metrics = createMetrics();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const logger = createLogger({ level: 'error', destination: silent });
  const http = await createHttp({ logger, metrics, health: createHealth(() => undefined) });
  const { server } = http;
  const streams = trackStreams(server);
  const subscribers = recogniseSubscribers({ db, authenticator, places: createPlaces({ db, clock }) });
  const carrier = { ...noOtherNodes };
  const source: LiveGateway['source'] = { ...subscribers };
  const means = { server, bus, subscribers: throughWhatIsThere(subscribers, source), metrics, carrier, clock };
  const gateway = createRealtimeGateway({ ...means, limits, tables, onError });
  addRealtimeRoutes(http, gateway.broadcasts);
  await startAll([relay, gateway]);
  await http.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    gateway,
    metrics,
    clock,
    database,
    authenticator,
    failures,
    streams,
    carrier,
    source,
    // Between two of the relay's own batches, so that none seems to be missing.
    publish: (...events) => bus.publish({ from: end, to: end, events }),
    append: (...events) => db.transaction(actor, (tx) => append(tx, events)),
    async close() {
      await stopAll([relay, gateway]);
      await http.close();
      await database.close();
    },
  };
}

function throughWhatIsThere(subscribers: SubscriberSource, source: LiveGateway['source']): SubscriberSource {
  return {
    ...subscribers,
    authenticate: (token) => source.authenticate(token),
    readBroadcasts: (owner, range) => source.readBroadcasts(owner, range),
  };
}

function trackStreams(server: Server): Set<Duplex> {
  const streams = new Set<Duplex>();
  server.on('upgrade', (_, stream: Duplex) => {
    streams.add(stream);
    stream.on('close', () => streams.delete(stream));
  });
  return streams;
}

/** Two shops of one brand, one of them of a franchisee's, and a shop of another brand. */
export interface Ground {
  readonly brand: Brand;
  readonly own: Shop;
  readonly firm: Shop & { readonly franchiseeId: string };
  readonly foreign: Shop;
}

export async function layGround({ database }: LiveGateway): Promise<Ground> {
  const brand = await foundBrand(database);
  const firm = await openShop(database, brand, { name: 'Firm', firm: true });
  if (firm.franchiseeId === null) throw new Error('the firm has no franchisee');
  return {
    brand,
    own: await openShop(database, brand, { name: 'Own' }),
    firm: { ...firm, franchiseeId: firm.franchiseeId },
    foreign: await openShop(database, await foundBrand(database, 'Other'), { name: 'Foreign' }),
  };
}

/** An API key: of the whole brand, or of the given shops. */
export function makeKey(
  { database }: LiveGateway,
  { franchiseId }: Brand,
  { locationIds = null, scopes = ['realtime:read'] }: { locationIds?: string[] | null; scopes?: KeyScope[] } = {},
) {
  return database.db.transaction(actor, (tx) =>
    createApiKey(tx, { franchiseId, locationIds, name: 'feed', scopes, createdBy: 'test' }),
  );
}

export type Place = Parameters<typeof addMembership>[1]['place'];

/** A person with one membership, and a token of theirs. */
export async function makePerson(live: LiveGateway, place: Place): Promise<{ userId: string; token: string }> {
  const { database, authenticator, clock } = live;
  const userId = await database.db.transaction(actor, async (tx) => {
    const { id } = await createUser(tx, { name: 'Person' });
    await addMembership(tx, { userId: id, place, at: clock.now() });
    return id;
  });
  return { userId, token: await authenticator.issueToken(userId) };
}

/** A sale of the shop; `number` is its external id, by which tests tell sales apart. */
export function saleEvent(shop: Shop, number: string, operation: 'INSERT' | 'UPDATE' = 'INSERT'): AnyNewEvent {
  const transactionId = uuidv7();
  const posSystemId = uuidv7();
  return {
    type: 'pos.transaction',
    owner: shop,
    entityId: transactionId,
    operation,
    record: {
      location_id: shop.locationId,
      id: transactionId,
      franchise_id: shop.franchiseId,
      franchisee_id: shop.franchiseeId,
      pos_system_id: posSystemId,
      external_transaction_id: number,
      version: 1,
      total_amount: 12.5,
      metadata: { table: 7 },
      raw_body: 'never shown: not a column of the feed',
    },
    oldRecord: operation === 'UPDATE' ? { id: transactionId, total_amount: 10 } : null,
    changeData: {
      transactionId,
      externalId: number,
      posSystemId,
      locationId: shop.locationId,
      version: 1,
      status: 'completed',
      currency: 'USD',
      totalAmount: 12.5,
      previousTotalAmount: null,
      discrepancy: 0,
      paymentMethod: null,
      occurredAt: '2026-06-01T12:00:00Z',
      businessDate: '2026-06-01',
      lines: [],
    },
    sourceSystem: 'pos',
    timestamp: new Date('2026-06-01T12:00:00Z'),
  };
}

/** A message to a person, as delivery/notifications appends it. */
export function notificationEvent(shop: Shop, recipientId: string, title: string): AnyNewEvent {
  const notificationId = uuidv7();
  return {
    type: 'notification.queued',
    owner: shop,
    entityId: notificationId,
    operation: 'INSERT',
    record: { recipient_id: recipientId, id: notificationId, title, delivery_method: 'in_app' },
    changeData: { notificationId, recipientId, notificationType: 'stock_alert' },
    sourceSystem: 'system',
    timestamp: new Date('2026-06-01T12:00:00Z'),
  };
}
