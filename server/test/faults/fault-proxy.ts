// A wire between two programs that a test can spoil, as the networks of shops are: slow, thin, deaf in one direction,
// reset. It carries bytes and knows nothing of what they mean, so it stands before a server as well as before PostgreSQL.
import { connect, createServer, type Socket } from 'node:net';

export interface Faults {
  /** How long each byte is on its way, in each direction, in ms. */
  readonly latencyMs: number;
  /** What the wire carries in each direction of a connection; null: as much as comes. */
  readonly bytesPerSecond: number | null;
  /** Directions in which nothing arrives any more, though nobody is told. What was sent arrives when they are healed. */
  readonly silent: readonly Direction[];
  /** New connections are reset at once. */
  readonly refusing: boolean;
}

export type Direction = 'to server' | 'to client';

export interface FaultProxy {
  /** Where clients connect, in the place of the target's own address. */
  readonly url: string;
  /** Changes these faults, for the connections that stand and for new ones. */
  spoil(faults: Partial<Faults>): void;
  /** No fault any more. */
  heal(): void;
  /** Resets every connection that stands, and says how many there were. New ones are let through. */
  cut(): number;
  close(): Promise<void>;
}

const sound: Faults = { latencyMs: 0, bytesPerSecond: null, silent: [], refusing: false };

/** Opens a proxy on a free port of 127.0.0.1 to the server at `target`; the rest of the address is kept. */
export async function openFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const lines = new Set<Line>();
  let faults = sound;
  // Half-open, as wires are: one end may have said its last word while the other still speaks.
  const server = createServer({ allowHalfOpen: true }, (inward) => {
    if (faults.refusing) {
      inward.resetAndDestroy();
      return;
    }
    const outward = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const line: Line = {
      sockets: [inward, outward],
      flows: [
        new Flow({ from: inward, to: outward, direction: 'to server', faults: () => faults }),
        new Flow({ from: outward, to: inward, direction: 'to client', faults: () => faults }),
      ],
    };
    lines.add(line);
    for (const socket of line.sockets) {
      // A reset shows as an error on the other half; both end together, which is all a wire knows.
      socket.on('error', () => undefined);
      socket.on('close', (hadError) => {
        if (hadError) for (const half of line.sockets) half.destroy();
        if (line.sockets.every((half) => half.closed)) lines.delete(line);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);

  const change = (next: Faults) => {
    faults = next;
    for (const { flows } of lines) for (const flow of flows) flow.look();
  };
  const cut = () => {
    const standing = [...lines];
    for (const { sockets } of standing) for (const socket of sockets) socket.resetAndDestroy();
    return standing.length;
  };
  return {
    url: url.pathname === '/' ? url.origin : url.href,
    spoil: (some) => change({ ...faults, ...some }),
    heal: () => change(sound),
    cut,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}

interface Line {
  readonly sockets: readonly [Socket, Socket];
  readonly flows: readonly [Flow, Flow];
}

interface FlowParts {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  readonly faults: () => Faults;
}

/** What the wire holds before the sender has to wait: a socket's own buffer, about. */
const heldBytesMax = 65_536;
/** A thin wire lets this much of a second through at a time. */
const thinSliceMs = 20;

/** One direction of one connection: bytes in their order, each arriving when the faults of the moment allow. */
class Flow {
  readonly #parts: FlowParts;
  readonly #held: { readonly bytes: Buffer; readonly sentAt: number }[] = [];
  #heldBytes = 0;
  #ended = false;
  #freeAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: FlowParts) {
    this.#parts = parts;
    const { from } = parts;
    from.on('data', (bytes: Buffer) => {
      this.#held.push({ bytes, sentAt: performance.now() });
      this.#heldBytes += bytes.length;
      if (this.#heldBytes > heldBytesMax) from.pause();
      this.look();
    });
    from.on('end', () => {
      this.#ended = true;
      this.look();
    });
    from.on('close', () => this.#forget());
  }

  /** Delivers what may arrive by now, and comes back for the rest when it may. */
  look(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { from, to, direction, faults } = this.#parts;
    const { latencyMs, bytesPerSecond, silent } = faults();
    if (silent.includes(direction)) return;
    for (let head = this.#held[0]; head !== undefined; head = this.#held[0]) {
      const now = performance.now();
      const wait = Math.max(head.sentAt + latencyMs, this.#freeAt) - now;
      if (wait > 0) {
        this.#timer = setTimeout(() => this.look(), wait);
        return;
      }
      const slice = bytesPerSecond === null ? head.bytes.length : Math.ceil((bytesPerSecond * thinSliceMs) / 1_000);
      const bytes = head.bytes.subarray(0, slice);
      const rest = head.bytes.subarray(slice);
      if (rest.length === 0) this.#held.shift();
      else this.#held[0] = { ...head, bytes: rest };
      if (bytesPerSecond !== null) this.#freeAt = now + (1_000 * bytes.length) / bytesPerSecond;
      this.#heldBytes -= bytes.length;
      if (!to.destroyed) to.write(bytes);
    }
    if (from.isPaused() && this.#heldBytes <= heldBytesMax) from.resume();
    if (this.#ended && !to.destroyed) to.end();
  }

  #forget(): void {
    // After an orderly end the bytes on their way still arrive; after a reset nothing does.
    if (this.#ended) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#held.length = 0;
  }
}
