// npm run bench -- idle-sockets: what a socket costs that is open and hears nothing: bare `ws`, Socket.IO with two rooms
// joined, and ours with two channels joined, each socket another person's.
import { setTimeout as pause } from 'node:timers/promises';
import { startGateway } from '../gateways/gateway-process.ts';
import { foundBrand } from '../ground/brand.ts';
import type { Cluster } from '../ground/cluster.ts';
import type { Figure, Report } from '../ground/figure.ts';
import { hirePeople } from '../ground/people.ts';
import { tillstream } from '../ground/server.ts';
import { nowUs } from '../ground/steady-clock.ts';
import type { DialectName, Seat } from '../sockets/dialects.ts';
import { ReceiverFarm } from '../sockets/receiver-farm.ts';

const sizes = [1_000, 10_000] as const;
const warmUpSockets = 200;
const settleMs = 1_000;
/** As long as a client's pause between two heartbeats. */
const idleMs = 20_000;
const eventBytesMin = 320;

const kinds: readonly { readonly name: string; readonly program: string; readonly dialect: DialectName }[] = [
  { name: 'bare ws', program: 'ws-send', dialect: 'plain' },
  { name: 'Socket.IO, 2 rooms', program: 'socket-io', dialect: 'socket.io' },
  { name: 'ours, 2 channels', program: 'ours', dialect: 'ours' },
];

interface Cost {
  readonly sockets: number;
  readonly rssKb: number;
  readonly heapKb: number;
  /** Of the processor, in µs a socket and second; null where it was not measured. */
  readonly cpuUs: number | null;
}

export async function benchIdleSockets(cluster: Cluster, say: (line: string) => void): Promise<Report> {
  await cluster.createDatabase('bench_idle');
  const databaseUrl = cluster.url('bench_idle');
  await tillstream(databaseUrl, ['migrate']);
  const brand = await foundBrand(databaseUrl);
  const people = await hirePeople(databaseUrl, brand, Math.max(...sizes));
  const costs = new Map<DialectName, Cost[]>();
  for (const { name, program, dialect } of kinds) {
    const seats = people.map(({ token, shops }): Seat => {
      const place = `location:${shops[0]?.locationId}`;
      // A bare socket has nothing but its connection.
      return { key: token, rooms: dialect === 'plain' ? [] : [place, `${place}:kitchen`] };
    });
    say(`${name} …`);
    costs.set(
      dialect,
      await measureKind(new URL(`../gateways/${program}.ts`, import.meta.url), dialect, { databaseUrl, seats }),
    );
  }
  await cluster.dropDatabase('bench_idle');
  return report(costs);
}

async function measureKind(
  program: URL,
  dialect: DialectName,
  { databaseUrl, seats }: { readonly databaseUrl: string; readonly seats: readonly Seat[] },
): Promise<Cost[]> {
  const gateway = await startGateway(program, databaseUrl);
  const farms: ReceiverFarm[] = [];
  const costs: Cost[] = [];
  try {
    const options = { port: gateway.port, dialect, eventBytesMin, readsTimes: false };
    // What the first sockets bring into the process once and for all, compiled code above all, is no socket's own.
    const first = await ReceiverFarm.open(options, seats.slice(0, warmUpSockets));
    await first.close();
    await pause(settleMs);
    const empty = await gateway.ask('memory');
    for (const size of sizes) {
      const opened = costs.at(-1)?.sockets ?? 0;
      farms.push(await ReceiverFarm.open(options, seats.slice(opened, size)));
      await pause(settleMs);
      const cpuUs = size === Math.max(...sizes) ? (await measureIdleCpu(gateway)) / size : null;
      const { rssBytes, heapBytes } = await gateway.ask('memory');
      const perSocket = (bytes: number, before: number) => (bytes - before) / size / 1_024;
      const rssKb = perSocket(rssBytes, empty.rssBytes);
      costs.push({ sockets: size, rssKb, heapKb: perSocket(heapBytes, empty.heapBytes), cpuUs });
    }
  } finally {
    for (const farm of farms) await farm.close();
    await gateway.stop();
  }
  return costs;
}

/** In µs a second, of all sockets together. */
async function measureIdleCpu(gateway: Awaited<ReturnType<typeof startGateway>>): Promise<number> {
  const before = { atUs: nowUs(), ...(await gateway.ask('cpu')) };
  await pause(idleMs);
  const after = { atUs: nowUs(), ...(await gateway.ask('cpu')) };
  return ((after.cpuUs - before.cpuUs) / (after.atUs - before.atUs)) * 1e6;
}

function report(costs: ReadonlyMap<DialectName, readonly Cost[]>): Report {
  const costOf = (dialect: DialectName, sockets: number): Cost => {
    const cost = costs.get(dialect)?.find((each) => each.sockets === sockets);
    if (cost === undefined) throw new Error('every kind is measured at every size');
    return cost;
  };
  const above = (dialect: DialectName, size: number) => costOf(dialect, size).rssKb - costOf('plain', size).rssKb;
  const figure = { bench: 'idle-sockets', against: 'socket.io' };
  const most = Math.max(...sizes);
  const figures: Figure[] = [
    ...sizes.map((size) => ({
      ...figure,
      metric: `kb_above_ws_${size}`,
      unit: 'KB a socket',
      ours: above('ours', size),
      theirs: above('socket.io', size),
    })),
    {
      ...figure,
      metric: `cpu_us_per_s_${most}`,
      unit: 'µs a socket and second',
      ours: costOf('ours', most).cpuUs ?? 0,
      theirs: costOf('socket.io', most).cpuUs,
    },
  ];
  const rows = kinds.flatMap(({ name, dialect }) =>
    sizes.map((size) => {
      const { rssKb, heapKb, cpuUs } = costOf(dialect, size);
      const numbers = [rssKb, heapKb, above(dialect, size), cpuUs];
      return [`${name}, ${size} sockets`, ...numbers.map((value) => value?.toFixed(1) ?? '')];
    }),
  );
  return {
    figures,
    table: { head: ['', 'KB RSS', 'KB heap', 'KB above ws', 'µs CPU a second'], rows },
    notes: [
      'A socket each, after garbage collection: what the process has grown by (RSS; heap and external memory), divided by the',
      `sockets. µs CPU: of the gateway, while nothing is sent for ${idleMs / 1_000} s but the heartbeats that each kind wants.`,
      'The memory of the kernel for a connection is the same for all, and not counted.',
    ],
  };
}
