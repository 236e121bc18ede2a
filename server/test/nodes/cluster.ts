// Several nodes of one installation, each a process of its own, on one database and one nats-server, behind a balancer as
// programs see them; any of them can be killed.
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { addMembership, createApiKey, createFranchise, createUser } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { type KillableServer, makeDataDir, removeDataDir, startKillableServer } from '../faults/kill-driver.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { type NatsServer, startNatsServer } from './nats-server.ts';

export interface Cluster {
  readonly database: TestDatabase;
  readonly nats: NatsServer;
  readonly nodes: readonly KillableServer[];
  /** Leads each connection to one of the nodes that take requests and sockets. */
  readonly balancer: Balancer;
  readonly franchiseId: string;
  /** An API key with the scope `admin`. */
  readonly ownerKey: string;
  close(): Promise<void>;
}

/**
 * Starts a node for each list of roles, the first of them alone: it holds the relay's lease from then on. `settings` are
 * variables of all nodes' environment.
 */
export async function startCluster(roles: readonly string[], settings: Record<string, string> = {}): Promise<Cluster> {
  const database = await openTestDatabase({ connectionsMax: 4 });
  const nats = await startNatsServer();
  const environment = {
    DATABASE_URL: database.ownerUrl,
    TILLSTREAM_NATS_URL: nats.url,
    TILLSTREAM_SECRET_KEY: randomBytes(32).toString('base64'),
    ...settings,
  };
  const startNode = async (list: string) =>
    startKillableServer(await makeDataDir(), { environment: { ...environment, TILLSTREAM_ROLES: list } });
  const [first = '', ...others] = roles;
  const nodes = [await startNode(first)];
  nodes.push(...(await Promise.all(others.map(startNode))));
  const open = nodes.filter((_, index) => roles[index]?.includes('gateway'));
  const balancer = await openBalancer(() => open.map((node) => node.url));
  return {
    database,
    nats,
    nodes,
    balancer,
    ...(await foundBrand(database)),
    async close() {
      await balancer.close();
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all(nodes.map((node) => removeDataDir(node.dataDir)));
      await nats.stop();
      await database.close();
    },
  };
}

async function foundBrand({ db }: TestDatabase) {
  const founder = backgroundActor('test');
  return db.transaction(founder, async (tx) => {
    const { id: franchiseId } = await createFranchise(tx, { name: 'Brand', currency: 'USD' });
    const { id: userId } = await createUser(tx, { name: 'Owner' });
    await addMembership(tx, { userId, place: { role: 'franchise_admin', franchiseId }, at: new Date(0) });
    const admin = { franchiseId, name: 'owner', scopes: ['admin'] as const, createdBy: founder.id };
    const { key: ownerKey } = await createApiKey(tx, { ...admin, scopes: [...admin.scopes] });
    return { franchiseId, ownerKey };
  });
}

export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

/** Takes the nodes in turn and goes on to the next where one does not answer; when none does the connection is reset. */
export async function openBalancer(targets: () => readonly string[]): Promise<Balancer> {
  let turn = 0;
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const server = createServer((inward) => {
    keep(inward);
    const urls = targets();
    turn += 1;
    lead(inward, [...urls.slice(turn % urls.length), ...urls.slice(0, turn % urls.length)], keep);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function lead(inward: Socket, [url, ...others]: readonly string[], keep: (socket: Socket) => void): void {
  if (url === undefined) {
    inward.resetAndDestroy();
    return;
  }
  const { hostname, port } = new URL(url);
  const outward = connect(Number(port), hostname);
  keep(outward);
  let isConnected = false;
  outward.on('connect', () => {
    isConnected = true;
    inward.pipe(outward).pipe(inward);
    inward.on('close', () => outward.destroy());
  });
  outward.on('close', () => {
    if (isConnected) inward.destroy();
    else lead(inward, others, keep);
  });
}
