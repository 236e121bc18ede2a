// One open socket of a receiver: raw TCP, a handshake and frames. Raw instead of each kind's own client, because a thousand
// of those in one process would be what is measured, and because all kinds are to be counted by the same hand.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Dialect, type DialectName, dialects, type Entry, type Seat } from './dialects.ts';
import { clientFrame, clientTextFrame, FrameReader } from './frame-reader.ts';

export interface ReceiverOptions {
  readonly port: number;
  readonly dialect: DialectName;
  /** Content of at least so many bytes is an event; control messages of all kinds are shorter once a socket is in. */
  readonly eventBytesMin: number;
  readonly onEvent: (receiver: Receiver) => void;
  /** Where set, events are read, not only counted. */
  readonly onContent?: (content: Buffer) => void;
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 };
const heartbeatMs = 20_000;
// Shared by all sockets of the process: a read is used up before the next one begins.
const readBuffer = Buffer.alloc(262_144);

export class Receiver {
  /** Events so far. */
  events = 0;
  /** Reads so far that brought an event, or the end of one. */
  reads = 0;
  readonly #options: ReceiverOptions;
  readonly #dialect: Dialect;
  readonly #socket: Socket;
  readonly #entry: Entry;
  readonly #in = Promise.withResolvers<void>();
  #isIn = false;
  #isEnding = false;
  #heartbeat: NodeJS.Timeout | null = null;

  /** Resolves when the socket is in all of its rooms. */
  static async open(options: ReceiverOptions, seat: Seat): Promise<Receiver> {
    const receiver = new Receiver(options, seat);
    await receiver.#shakeHands(seat);
    return receiver;
  }

  private constructor(options: ReceiverOptions, seat: Seat) {
    this.#options = options;
    this.#dialect = dialects[options.dialect];
    this.#entry = this.#dialect.enter(seat);
    const reader = new FrameReader({
      isCountedOnly: (bytes) => this.#isIn && bytes >= options.eventBytesMin && options.onContent === undefined,
      counted: () => this.#count(),
      read: (opcode, content) => this.#read(opcode, content),
    });
    let head: string | null = '';
    this.#socket = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          const before = this.events;
          const bytes = readBuffer.subarray(0, length);
          if (head === null) reader.take(bytes);
          else {
            head += bytes.toString('latin1');
            const end = head.indexOf('\r\n\r\n');
            if (end >= 0) {
              const rest = Buffer.from(head.slice(end + 4), 'latin1');
              this.#begin(head);
              head = null;
              reader.take(rest);
            }
          }
          if (this.events > before) this.reads++;
          return true;
        },
      },
    });
  }

  close(): void {
    this.#isEnding = true;
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#socket.destroy();
  }

  async #shakeHands(seat: Seat): Promise<void> {
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('A receiver was cut off.')));
    await once(this.#socket, 'connect');
    this.#socket.write(
      `GET ${this.#dialect.path(seat)} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await this.#in.promise;
  }

  #begin(head: string): void {
    if (!head.startsWith('HTTP/1.1 101')) this.#fail(new Error(`A handshake was refused: ${head}`));
    this.#say(this.#entry.greeting);
    if (this.#entry.isInAtOnce === true) this.#arrive();
    const { heartbeat } = this.#dialect;
    if (heartbeat !== null) this.#heartbeat = setInterval(() => this.#say([heartbeat]), heartbeatMs);
  }

  #read(opcode: number, content: Buffer): void {
    if (opcode === opcodes.ping) this.#socket.write(clientFrame(opcodes.pong, content));
    else if (opcode === opcodes.close) this.#fail(new Error(`A receiver was closed: ${content.toString('utf8', 2)}`));
    else if (this.#isIn && content.length >= this.#options.eventBytesMin) {
      this.#options.onContent?.(content);
      this.#count();
    } else {
      const { say = [], isIn = false } = this.#entry.hear(content.toString());
      this.#say(say);
      if (isIn) this.#arrive();
    }
  }

  #arrive(): void {
    this.#isIn = true;
    this.#in.resolve();
  }

  #count(): void {
    this.events++;
    this.#options.onEvent(this);
  }

  #say(texts: readonly string[]): void {
    if (texts.length > 0) this.#socket.write(Buffer.concat(texts.map(clientTextFrame)));
  }

  /** A socket that is lost makes the figures worthless: unless it was us who ended it, the process ends with it. */
  #fail(error: Error): void {
    if (this.#isEnding) return;
    if (!this.#isIn) this.#in.reject(error);
    else throw error;
  }
}
