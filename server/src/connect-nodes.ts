// How the nodes of one installation learn of each other's commits. Alone, a relay reads the log and tells this process;
// with NATS, the one relay that holds the lease tells all nodes, and each checks by the chain of positions that nothing
// is missing. Broadcasts and presence travel the same wire.
import type { Config } from './config.ts';
import { createInProcessBus, createLogStream, createRelay, RecentEvents } from './events/index.ts';
import { installationName } from './events/installation.ts';
import { createLease } from './events/lease.ts';
import { createLookBack } from './events/look-back.ts';
import { createNatsBus } from './events/nats-bus.ts';
import { backgroundActor } from './platform/actor.ts';
import type { Database } from './platform/database.ts';
import type { Metrics } from './platform/metrics.ts';
import { createNatsLink, type NatsLink } from './platform/nats-link.ts';
import type { Service } from './platform/service.ts';

export interface ConnectOptions {
  readonly config: Config;
  readonly db: Database;
  readonly metrics: Metrics;
  readonly onError: (part: string) => (error: unknown) => void;
  readonly onEpochPending: () => void;
  /** Somebody, here or elsewhere, has committed events. */
  readonly onNews: () => void;
}

const wakeSubject = 'wake';
/** Least time between two wake-ups that this node sends, in ms; the relay looks no oftener either. */
const wakeSpacingMs = 5;

export type Nodes = ReturnType<typeof connectNodes>;

export function connectNodes({ config, db, metrics, onError, onEpochPending, onNews }: ConnectOptions) {
  const recent = new RecentEvents();
  const link = config.natsUrl === null ? null : openLink(config.natsUrl, { db, metrics, onError });
  const lease = link && createLease({ db, name: 'relay', onError: onError('lease'), onTaken: () => relay.wake() });
  const bus =
    link && lease ? createNatsBus({ link, token: lease.token, onError: onError('bus') }) : createInProcessBus();
  const relay = createRelay({
    db,
    bus,
    onError: onError('relay'),
    onEpochPending,
    ...(lease && { isLeading: () => lease.token() !== null }),
  });
  const stream = createLogStream({ db, bus, recent, onError: onError('stream') });
  if (lease) {
    const help = '1 on the node whose relay tells the others';
    metrics.observedGauge({ name: 'tillstream_relay_leading', help }, () => (lease.token() === null ? 0 : 1));
  }
  const wakeOthers = link ? spaced(() => link.publish(wakeSubject, new Uint8Array())) : () => undefined;
  const look = () => {
    relay.wake();
    stream.wake();
    onNews();
  };
  link?.subscribe(wakeSubject, look);
  // A node that only takes requests wakes the others, and follows nothing itself.
  const follows = config.roles.includes('gateway') || (link !== null && config.roles.includes('worker'));
  const services: Service[] = [
    ...(link ? [link] : []),
    ...(follows && lease ? [lease] : []),
    ...(follows ? [relay] : []),
    ...(config.roles.includes('gateway') ? [stream] : []),
  ];
  return {
    services,
    recent,
    /** Completes `recent` back to a position, where that is not far. */
    lookBack: createLookBack({ db, recent }),
    stream,
    relay,
    /** Carries broadcasts and presence to the other nodes; null where there are none. */
    carrier: link && {
      publish: (room: string, message: Uint8Array) => link.publish(`rooms.${room}`, message),
      subscribe: (room: string, listener: (message: Uint8Array) => void) => link.subscribe(`rooms.${room}`, listener),
      onRestored: (listener: () => void) => link.onRestored(listener),
    },
    /** Call it after each commit with events. */
    wake(): void {
      look();
      wakeOthers();
    },
  };
}

function openLink(url: string, { db, metrics, onError }: Pick<ConnectOptions, 'db' | 'metrics' | 'onError'>): NatsLink {
  const prefix = async () => `tillstream.${await db.transaction(backgroundActor('nats'), installationName)}`;
  const link = createNatsLink({ url, prefix, onError: onError('nats') });
  const help = '1 while the wire to the other nodes stands; without it each gateway reads the log by itself';
  metrics.observedGauge({ name: 'tillstream_nats_up', help }, () => (link.isUp() ? 1 : 0));
  return link;
}

/** Calls at once, and once more after a rush. */
function spaced(call: () => void): () => void {
  let isResting = false;
  let isWanted = false;
  function go(): void {
    call();
    isResting = true;
    isWanted = false;
    setTimeout(() => {
      isResting = false;
      if (isWanted) go();
    }, wakeSpacingMs);
  }
  return () => {
    if (isResting) isWanted = true;
    else go();
  };
}
