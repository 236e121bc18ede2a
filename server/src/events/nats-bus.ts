// The bus of several nodes: batches over NATS core. It may lose any of them, and a node that has lost the wire publishes
// to itself alone; whoever follows tells by the chain of positions, and reads the log.
import type { NatsLink } from '../platform/nats-link.ts';
import type { Batch, Bus } from './bus.ts';
import { createInProcessBus } from './bus.ts';
import { decodePosition, encodePosition } from './position.ts';
import type { StoredEvent } from './stored-event.ts';

export interface NatsBusOptions {
  readonly link: Pick<NatsLink, 'publish' | 'subscribe' | 'isUp' | 'payloadBytesMax'>;
  /** The fencing token of this node's lease; null while it does not lead, and then it publishes nothing. */
  readonly token: () => number | null;
  readonly onError: (error: unknown) => void;
}

const subject = 'batches';

/** A batch as it travels. Without events it only says how far the log has come: it was too large to be carried. */
interface Carried {
  readonly token: number;
  readonly from: string;
  readonly to: string;
  readonly events: readonly StoredEvent[] | null;
}

export function createNatsBus({ link, token, onError }: NatsBusOptions): Bus {
  const here = createInProcessBus();
  let highest = 0;

  /** A leader that was replaced and has not noticed is not listened to any more. */
  function isOfLeader(theirs: number): boolean {
    if (theirs < highest) return false;
    highest = theirs;
    return true;
  }

  link.subscribe(subject, (bytes) => {
    try {
      const carried = JSON.parse(Buffer.from(bytes).toString()) as Carried;
      if (isOfLeader(carried.token)) here.publish(unpack(carried));
    } catch (error) {
      onError(error);
    }
  });

  return {
    publish(batch) {
      const mine = token();
      if (mine === null || !isOfLeader(mine)) return;
      link.publish(subject, pack(batch, mine, link.payloadBytesMax() / 2));
      here.publish(batch);
    },
    subscribe: (listener) => here.subscribe(listener),
    isUp: () => link.isUp(),
  };
}

/** At most `bytesMax` long, or as short as can be. */
export function pack({ from, to, events }: Batch, token: number, bytesMax: number): Buffer {
  const places = { token, from: encodePosition(from), to: encodePosition(to) };
  const whole = Buffer.from(JSON.stringify({ ...places, events } satisfies Carried));
  if (whole.length <= bytesMax) return whole;
  return Buffer.from(JSON.stringify({ ...places, events: null } satisfies Carried));
}

/** What came without its events begins where it ends: whoever is not there yet finds a hole and reads the log. */
export function unpack(carried: Carried): Batch {
  const to = decodePosition(carried.to);
  if (carried.events === null) return { from: to, to, events: [] };
  return { from: decodePosition(carried.from), to, events: carried.events.map(withDates) };
}

function withDates(event: StoredEvent): StoredEvent {
  return { ...event, timestamp: new Date(event.timestamp), recorded_at: new Date(event.recorded_at) };
}
