// What one socket is owed, and how it gets there: frames collect during a tick and leave in one write of whole frames,
// because the system call, not the bytes, is what a delivery costs. Everything a gateway sends, replies included, goes
// through here, so order on the wire is the order of `push`.
import type { Duplex } from 'node:stream';

export interface WriterLimits {
  /** Our queue and what the kernel has not taken, together, behind a first frame that is large. */
  readonly queueBytesMax: number;
  readonly nowMs: () => number;
}

/** Whose socket it is. */
export interface WriterOwner {
  /** False from the moment a close frame went out: a frame behind it would break the protocol. */
  isOpen(): boolean;
  /** Called once, when the bound is passed; nothing is written from then on. */
  overflowed(): void;
}

/**
 * So many sockets are written to in one go: about a millisecond. Then whatever has arrived meanwhile has its turn, above all
 * the next event, which is asked of the log while this one is still being written.
 */
const sliceWriters = 128;

/** Who waits for all that was owed at one moment: for so many writers, counted since the start. */
interface Waiting {
  readonly writers: number;
  readonly call: () => void;
}

/** Collects the writers that are owed something in this tick and flushes them at its end, in slices. */
export class WriteScheduler {
  readonly limits: WriterLimits;
  #dirty: BatchedWriter[] = [];
  /** Of `dirty`, those that have had their turn. */
  #done = 0;
  /** Writers flushed since the start. */
  #flushed = 0;
  #waiting: Waiting[] = [];
  #scheduled = false;
  readonly #runs = new RunCache();
  /** Bytes waiting in all queues of this node, for the metrics. */
  queuedBytes = 0;

  constructor(limits: WriterLimits) {
    this.limits = limits;
  }

  schedule(writer: BatchedWriter): void {
    this.#dirty.push(writer);
    this.#flushSoon();
  }

  /** Calls once, when what is owed now has been handed to the kernel; only blocked sockets may have some of it left. */
  afterFlush(call: () => void): void {
    this.#waiting.push({ writers: this.#flushed + this.#dirty.length - this.#done, call });
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the poll phase: every message that arrived in this tick has been handled, and its answers go together.
    setImmediate(() => this.#flushSlice());
  }

  #flushSlice(): void {
    this.#scheduled = false;
    const slice = this.#dirty.slice(this.#done, this.#done + sliceWriters);
    // Counted before they are written: a writer that fails must not be the first of every slice from then on.
    this.#done += slice.length;
    if (this.#done === this.#dirty.length) [this.#dirty, this.#done] = [[], 0];
    for (const writer of slice) writer.flush();
    this.#flushed += slice.length;
    const ready = this.#waiting.filter(({ writers }) => writers <= this.#flushed);
    // They wait in the order of their counts.
    this.#waiting = this.#waiting.slice(ready.length);
    if (this.#dirty.length > 0) this.#flushSoon();
    else this.#runs.clear();
    for (const { call } of ready) call();
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

// A burst larger than this is offered to the kernel within the tick: a healthy socket takes it at once, and only one
// that does not take it can fill up to the bound.
const eagerFlushBytes = 65_536;

/**
 * A delivery costs one `push` and its share of a `flush`. Between the two lie those to thousands of other sockets, so
 * whatever is touched has left the processor's caches: `push` looks at nothing but the writer itself.
 */
export class BatchedWriter {
  readonly #socket: Duplex;
  readonly #scheduler: WriteScheduler;
  readonly #owner: WriterOwner;
  /** One frame by itself is the usual case, and needs no list. */
  #owed: Buffer | Buffer[] | null = null;
  #owedBytes = 0;
  #scheduled = false;
  #blockedSinceMs: number | null = null;
  /** The kernel had not taken all of the last write. */
  #hasUnsent = false;
  #ended = false;
  /** Bytes of a large frame that was pushed when nothing was owed. */
  #firstBytes = 0;

  constructor(socket: Duplex, scheduler: WriteScheduler, owner: WriterOwner) {
    this.#socket = socket;
    this.#scheduler = scheduler;
    this.#owner = owner;
    socket.on('drain', () => {
      this.#blockedSinceMs = null;
      this.flush();
    });
  }

  /** When the socket stopped taking bytes, by the gateway's clock in ms; null while it takes them. */
  get blockedSinceMs(): number | null {
    return this.#blockedSinceMs;
  }

  /**
   * Owes the socket one whole frame. Nothing happens after `end` or an overflow: the socket is closing. What is owed to
   * one that has closed meanwhile is dropped when it would be written.
   */
  push(frame: Buffer): void {
    if (this.#ended) return;
    const waitingBytes = this.#owedBytes + this.#unsentBytes();
    const { queueBytesMax } = this.#scheduler.limits;
    // A change as large as the bound itself is no sign that its client is slow: while it is on its way it is not counted.
    if (waitingBytes === 0) this.#firstBytes = frame.length > queueBytesMax / 2 ? frame.length : 0;
    if (waitingBytes + frame.length - this.#firstBytes > queueBytesMax) {
      // The queue is thrown away whole: what comes after a gap must come from the log, not from here.
      this.end();
      this.#owner.overflowed();
      return;
    }
    if (this.#owed === null) this.#owed = frame;
    else if (Array.isArray(this.#owed)) this.#owed.push(frame);
    else this.#owed = [this.#owed, frame];
    this.#account(frame.length);
    if (this.#owedBytes >= eagerFlushBytes) this.flush();
    else this.#schedule();
  }

  /** Writes what is owed, unless the socket still chews on the last write: then `drain` does. */
  flush(): void {
    this.#scheduled = false;
    if (this.#blockedSinceMs === null) this.#write();
  }

  /**
   * Hands everything over, blocked or not, and takes no more. Called before a close frame, which overtakes whatever is
   * still queued here: a frame behind a close never arrives.
   */
  flushAndEnd(): void {
    if (!this.#ended) this.#write();
    this.end();
  }

  /** Forgets what is owed and takes no more. */
  end(): void {
    this.#ended = true;
    this.#owed = null;
    this.#account(-this.#owedBytes);
  }

  #schedule(): void {
    if (this.#scheduled || this.#blockedSinceMs !== null) return;
    this.#scheduled = true;
    this.#scheduler.schedule(this);
  }

  #write(): void {
    const owed = this.#owed;
    if (owed === null) return;
    this.#owed = null;
    this.#account(-this.#owedBytes);
    if (!this.#owner.isOpen() || !this.#socket.writable) return;
    const takesMore = this.#socket.write(Array.isArray(owed) ? this.#scheduler.concat(owed) : owed);
    this.#hasUnsent = this.#socket.writableLength > 0;
    // A large write that the kernel took whole also answers false; what counts is whether anything is left over.
    if (!takesMore && this.#hasUnsent) this.#blockedSinceMs ??= this.#scheduler.limits.nowMs();
  }

  #unsentBytes(): number {
    if (!this.#hasUnsent) return 0;
    const bytes = this.#socket.writableLength;
    this.#hasUnsent = bytes > 0;
    return bytes;
  }

  #account(bytes: number): void {
    this.#owedBytes += bytes;
    this.#scheduler.queuedBytes += bytes;
  }
}
