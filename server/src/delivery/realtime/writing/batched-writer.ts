// What one socket is owed, and how it gets there: frames collect during a tick and leave in one write of whole frames,
// because the system call, not the bytes, is what a delivery costs. Everything a gateway sends, replies included, goes
// through here, so order on the wire is the order of `push`.
import type { Duplex } from 'node:stream';

/** Collects the writers that are owed something in this tick and flushes them at its end. */
export class WriteScheduler {
  #dirty: BatchedWriter[] = [];
  #scheduled = false;
  readonly #runs = new RunCache();
  /** Bytes waiting in all queues of this node, for the metrics. */
  queuedBytes = 0;

  schedule(writer: BatchedWriter): void {
    this.#dirty.push(writer);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the poll phase: every message that arrived in this tick has been handled, and its answers go together.
    setImmediate(() => this.flush());
  }

  flush(): void {
    const writers = this.#dirty;
    this.#dirty = [];
    this.#scheduled = false;
    for (const writer of writers) writer.flush();
    this.#runs.clear();
  }

  concat(frames: Buffer[]): Buffer {
    return this.#runs.concat(frames);
  }
}

/**
 * Sockets on one topic are owed the same frames in the same order: their joined bytes are made once and shared. Only the
 * last run is kept, since members of an audience are flushed one after the other.
 */
class RunCache {
  #frames: Buffer[] = [];
  #joined: Buffer = Buffer.alloc(0);

  concat(frames: Buffer[]): Buffer {
    if (frames.length === 1 && frames[0] !== undefined) return frames[0];
    if (frames.length !== this.#frames.length || !frames.every((each, index) => each === this.#frames[index])) {
      this.#frames = frames;
      this.#joined = Buffer.concat(frames);
    }
    return this.#joined;
  }

  clear(): void {
    this.#frames = [];
    this.#joined = Buffer.alloc(0);
  }
}

export interface WriterOptions {
  readonly scheduler: WriteScheduler;
  /** Our queue and what the kernel has not taken, together, behind a first frame that is large. */
  readonly queueBytesMax: number;
  readonly nowMs: () => number;
  /** False from the moment a close frame went out: a frame behind it would break the protocol. */
  readonly isOpen: () => boolean;
  /** Called once, when the bound is passed; nothing is written from then on. */
  readonly onOverflow: () => void;
}

// A burst larger than this is offered to the kernel within the tick: a healthy socket takes it at once, and only one
// that does not take it can fill up to the bound.
const eagerFlushBytes = 65_536;

export class BatchedWriter {
  readonly #socket: Duplex;
  readonly #options: WriterOptions;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #scheduled = false;
  #blockedSinceMs: number | null = null;
  #ended = false;
  /** Bytes of a large frame that was pushed when nothing was owed. */
  #firstBytes = 0;

  constructor(socket: Duplex, options: WriterOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('drain', () => {
      this.#blockedSinceMs = null;
      this.flush();
    });
  }

  /** When the socket stopped taking bytes, by the gateway's clock in ms; null while it takes them. */
  get blockedSinceMs(): number | null {
    return this.#blockedSinceMs;
  }

  /** Owes the socket one whole frame. Nothing happens after `end` or an overflow: the socket is closing. */
  push(frame: Buffer): void {
    if (this.#ended || !this.#options.isOpen()) return;
    const waitingBytes = this.#queuedBytes + this.#socket.writableLength;
    const { queueBytesMax } = this.#options;
    // A change as large as the bound itself is no sign that its client is slow: while it is on its way it is not counted.
    if (waitingBytes === 0) this.#firstBytes = frame.length > queueBytesMax / 2 ? frame.length : 0;
    if (waitingBytes + frame.length - this.#firstBytes > queueBytesMax) {
      // The queue is thrown away whole: what comes after a gap must come from the log, not from here.
      this.end();
      this.#options.onOverflow();
      return;
    }
    this.#queue.push(frame);
    this.#account(frame.length);
    if (this.#queuedBytes >= eagerFlushBytes) this.flush();
    else this.#schedule();
  }

  /** Writes what is owed, unless the socket still chews on the last write: then `drain` does. */
  flush(): void {
    this.#scheduled = false;
    if (this.#blockedSinceMs !== null || this.#queue.length === 0) return;
    this.#write();
  }

  /**
   * Hands everything over, blocked or not, and takes no more. Called before a close frame, which overtakes whatever is
   * still queued here: a frame behind a close never arrives.
   */
  flushAndEnd(): void {
    if (!this.#ended && this.#queue.length > 0) this.#write();
    this.end();
  }

  /** Forgets what is owed and takes no more. */
  end(): void {
    this.#ended = true;
    this.#queue = [];
    this.#account(-this.#queuedBytes);
  }

  #schedule(): void {
    if (this.#scheduled || this.#blockedSinceMs !== null) return;
    this.#scheduled = true;
    this.#options.scheduler.schedule(this);
  }

  #write(): void {
    const frames = this.#queue;
    this.#queue = [];
    this.#account(-this.#queuedBytes);
    if (!this.#options.isOpen() || !this.#socket.writable) return;
    const takesMore = this.#socket.write(this.#options.scheduler.concat(frames));
    // A large write that the kernel took whole also answers false; what counts is whether anything is left over.
    if (!takesMore && this.#socket.writableLength > 0) this.#blockedSinceMs ??= this.#options.nowMs();
  }

  #account(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#options.scheduler.queuedBytes += bytes;
  }
}
