// The wiring, top to bottom in the order in which data flows; the only file that sees every slice. What is started here is
// started in this order and stopped in reverse: screens and requests first to go, what they wait for last.
import manifest from '../package.json' with { type: 'json' };
import type { Config, NodeRole } from './config.ts';
import { connectNodes, type Nodes } from './connect-nodes.ts';
import { addFeedRoutes } from './delivery/feed/index.ts';
import { addNotificationRoutes, createNotificationFollower } from './delivery/notifications/index.ts';
import { addRealtimeRoutes, createRealtimeGateway, recogniseSubscribers } from './delivery/realtime/index.ts';
import type { DemoFacts } from './demo/demo-file.ts';
import { addDemoRoutes } from './demo/index.ts';
import { addConflictRoutes, createConflictKeeper, type ResolutionTable } from './domains/conflicts/index.ts';
import { addInventoryRoutes, createItemEdit, productEdit } from './domains/inventory/index.ts';
import { addPosRoutes, createPos, createSystemEdit, type Pos } from './domains/pos/index.ts';
import {
  type Authenticator,
  addIdentityRoutes,
  authenticateRequests,
  callerOf,
  createAuthenticator,
  createPlaces,
  locationEdit,
  type Places,
} from './identity/index.ts';
import { createDatabaseKeeper } from './maintain-database.ts';
import type { Clock } from './platform/clock.ts';
import { checkDatabase, Database } from './platform/database.ts';
import { poolUrl } from './platform/database-roles.ts';
import { createHealth, type Health } from './platform/health.ts';
import { createHttp, createHttpService, type HttpApp } from './platform/http.ts';
import { acceptIdempotencyKeys } from './platform/idempotency.ts';
import { createAnswerSweeper } from './platform/idempotency-records.ts';
import type { Logger } from './platform/logger.ts';
import { createMetrics, type Metrics } from './platform/metrics.ts';
import { createSecrets, type Secrets } from './platform/secrets.ts';
import type { Service } from './platform/service.ts';
import { createVersionedUpdates } from './platform/versioned-update.ts';
import { resolveWith } from './platform/versioned-update-resolution.ts';
import { createReport } from './report-failure.ts';
import { serveDashboard } from './serve-dashboard.ts';
import { createLogWatcher } from './watch-log.ts';

const { version } = manifest;

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** The owner of a prepared database (prepare-database.ts); the app itself works through the pool's login. */
  readonly ownerUrl: string;
  readonly secretKeys: readonly Uint8Array[];
  /** Reads them anew, for a server that runs while they are replaced; null where they cannot change. */
  readonly reloadSecretKeys?: () => readonly Uint8Array[] | null;
  readonly clock: Clock;
}

export type App = Awaited<ReturnType<typeof createApp>>;

/** Builds the app; nothing runs until its services are started. `close` ends the pool, after they have stopped. */
export async function createApp(options: AppOptions) {
  const { config, logger, ownerUrl, clock } = options;
  const report = createReport(logger);
  const metrics = createMetrics({ process: true });
  const health = createHealth((name, error) => logger.warn({ check: name, err: error }, 'readiness check failed'));
  const secrets = createSecrets(options.secretKeys, options.reloadSecretKeys && { reload: options.reloadSecretKeys });
  const db = new Database({
    url: poolUrl(ownerUrl),
    connectionsMax: config.database.connectionsMax,
    onError: report('database'),
    onWake: () => nodes.wake(),
  });
  health.addCheck('database', () => checkDatabase(db));
  const upkeep = createUpkeep({ ...options, db, metrics, health, report });

  const nodes = connectNodes({
    config,
    db,
    metrics,
    onError: report,
    onEpochPending: () => upkeep.keeper.wake(),
    onNews: () => notifications.wake(),
  });
  if (config.roles.includes('gateway')) {
    const help = 'Time since the last look at the log that succeeded';
    metrics.observedGauge({ name: 'tillstream_relay_silent_seconds', help }, nodes.relay.silentSeconds);
  }

  const authenticator = createAuthentication({ config, db, secrets, clock });
  const places = createPlaces({ db, clock });
  const pos = createPos({ db, clock, secrets, logger, metrics, privateVendors: config.privateVendors });
  const notifications = createNotificationFollower({ db, onError: report('notifications') });

  let demo: DemoFacts | null = null;
  const http = await createHttp({ logger, metrics, health, version, requestTimeoutMs: config.http.requestTimeoutMs });
  if (config.roles.includes('api')) {
    addApi(http, { db, clock, secrets, authenticator, pos, places, nodes, showDemo: () => demo });
    await serveDashboard(http);
  }
  const listener = createHttpService(http, { ...config.http, stopTimeoutMs: config.stopTimeoutMs });
  const gateway = createGateway({ config, http, nodes, authenticator, places, db, metrics, clock, report });
  if (config.roles.includes('gateway')) addRealtimeRoutes(http, gateway.broadcasts);

  // Every node listens, if only for its health; the rest goes by its roles.
  const on = (role: NodeRole, ...parts: Service[]): Service[] => (config.roles.includes(role) ? parts : []);
  const services = [
    ...on('worker', ...upkeep.services, notifications, ...pos.loops),
    ...(config.roles.includes('api') || config.roles.includes('worker') ? [pos.lanes] : []),
    ...on('worker', pos.poller),
    listener,
    ...nodes.services,
    ...on('gateway', gateway),
  ];
  return {
    services,
    http,
    db,
    authenticator,
    url: listener.url,
    /** To be called before anything is stopped: from now on /readyz tells balancers to go elsewhere. */
    startDraining: health.startDraining,
    showDemo(facts: DemoFacts): void {
      demo = facts;
    },
    close: () => db.close(),
  };
}

function createAuthentication({ config, db, secrets, clock }: AuthenticationParts): Authenticator {
  return createAuthenticator({
    db,
    clock,
    tokenSecret: secrets.deriveKey('tokens'),
    formerTokenSecrets: secrets.deriveFormerKeys('tokens'),
    externalIssuer: config.externalIssuer,
  });
}

interface AuthenticationParts extends Pick<AppOptions, 'config' | 'clock'> {
  readonly db: Database;
  readonly secrets: Secrets;
}

interface GatewayParts extends Pick<AppOptions, 'config' | 'clock'> {
  readonly http: HttpApp;
  readonly nodes: Nodes;
  readonly authenticator: Authenticator;
  readonly places: Places;
  readonly db: Database;
  readonly metrics: Metrics;
  readonly report: (part: string) => (error: unknown) => void;
}

/** The sockets beside the HTTP routes, on the same port; fed by the log of all nodes. */
function createGateway({ config, http, nodes, authenticator, places, db, metrics, clock, report }: GatewayParts) {
  return createRealtimeGateway({
    server: http.server,
    bus: nodes.stream,
    log: nodes.stream,
    ...(nodes.carrier && { carrier: nodes.carrier }),
    subscribers: recogniseSubscribers({ db, authenticator, places }),
    onError: report('realtime'),
    metrics,
    limits: config.socketLimits,
    clock,
  });
}

interface UpkeepParts extends Pick<AppOptions, 'config' | 'ownerUrl' | 'clock'> {
  readonly db: Database;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly report: (part: string) => (error: unknown) => void;
}

/** What keeps the database fit: partitions made and dropped, the log watched, old answers removed. */
function createUpkeep({ config, ownerUrl, clock, db, metrics, health, report }: UpkeepParts) {
  const { eventRetentionWeeks } = config;
  const keeper = createDatabaseKeeper({ ownerUrl, db, clock, metrics, eventRetentionWeeks, onError: report('keeper') });
  health.addCheck('partitions', keeper.check);
  const followers = ['notifications'];
  const watcher = createLogWatcher({ ownerUrl, clock, metrics, followers, onError: report('watcher') });
  health.addCheck('log', watcher.check);
  const answers = createAnswerSweeper({ db, clock, onError: report('idempotency') });
  return { keeper: keeper.loop, services: [keeper.loop, watcher.loop, answers] };
}

interface ApiParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly authenticator: Authenticator;
  readonly pos: Pos;
  readonly places: Places;
  readonly nodes: Pick<Nodes, 'recent' | 'lookBack'>;
  readonly showDemo: () => DemoFacts | null;
}

/** The routes under /v1. Who asks is known first, then whether it was asked before. */
function addApi(http: HttpApp, { db, clock, secrets, authenticator, pos, places, nodes, showDemo }: ApiParts): void {
  const edits = createVersionedUpdates({ db, keepConflict: createConflictKeeper(clock) });
  authenticateRequests(http, authenticator);
  acceptIdempotencyKeys(http, { db, clock, secrets, actorOf: callerOf });
  addIdentityRoutes(http, { db, clock, authenticator, edits });
  addPosRoutes(http, { ...pos, edits });
  addInventoryRoutes(http, { db, clock, edits });
  addConflictRoutes(http, { db, clock, apply: resolutions({ clock, pos }) });
  addNotificationRoutes(http, { db });
  addFeedRoutes(http, { db, places, recent: nodes.recent, lookBack: nodes.lookBack });
  addDemoRoutes(http, showDemo);
}

/** What is edited by people, and how the side that was chosen for a conflict becomes its state. */
function resolutions({ clock, pos }: { clock: Clock; pos: Pos }): ResolutionTable {
  return {
    locations: resolveWith(locationEdit),
    products: resolveWith(productEdit),
    inventory_items: resolveWith(createItemEdit(clock)),
    pos_systems: resolveWith(createSystemEdit(pos)),
  };
}
