// A wire to PostgreSQL that ends a session between two given statements, as a kill of the program does: the server has
// carried out so many, the program never hears of the last one, and whatever it wanted next never arrives. It reads the
// protocol's messages (type, length, body) in both directions; what was sent in one packet is taken apart.
import { createServer, connect as dial, type Socket } from 'node:net';

export interface StatementCut {
  /** Where the program connects, in the place of PostgreSQL. */
  readonly url: string;
  /** Resolves when the session has been ended, with the text of the last statement that was carried out. */
  readonly happened: Promise<string>;
  /** That text, once it is known. */
  readonly last: () => string | null;
  close(): Promise<void>;
}

interface Message {
  readonly type: string;
  readonly bytes: Buffer;
  /** Without type and length. */
  readonly body: Buffer;
}

/** Ends every session when `statements` have been carried out, or at the first one where that is 0; refuses new ones then. */
export async function openStatementCut(target: string, statements: number): Promise<StatementCut> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const happened = Promise.withResolvers<string>();
  let [given, answered, isFull] = [0, 0, false];
  let last: string | null = null;
  const cut = (text: string) => {
    last ??= text;
    for (const socket of sockets) socket.destroy();
    happened.resolve(last);
  };
  const server = createServer((inward) => {
    const outward = dial({ host: hostname, port: Number(port) });
    for (const socket of [inward, outward]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        inward.destroy();
        outward.destroy();
      });
    }
    if (last !== null) inward.destroy();
    const texts = new StatementTexts();
    const fromProgram = messageReader({ hasStartup: true }, (message) => {
      const isStatement = texts.take(message);
      if (isStatement && statements === 0) cut('nothing');
      // What was sent ahead of its turn does not arrive.
      isFull ||= isStatement && given === statements;
      if (last !== null || isFull) return;
      if (isStatement) given += 1;
      outward.write(message.bytes);
      // So that it is carried out and answered though nothing follows it.
      if (message.type === 'E') outward.write(flush);
    });
    const fromServer = messageReader({ hasStartup: false }, (message) => {
      if (last !== null) return;
      if (isEnd(message)) {
        answered += 1;
        const text = texts.answered();
        if (answered === statements) return cut(text);
      }
      inward.write(message.bytes);
    });
    inward.on('data', fromProgram);
    outward.on('data', fromServer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the wire has no port');
  const url = new URL(target);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    happened: happened.promise,
    last: () => last,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const flush = Buffer.from([0x48, 0, 0, 0, 4]);

/** A statement's answer ends with its command's name, with the word that there was none, or with its failure. */
const isEnd = ({ type }: Message): boolean => ['C', 'I', 'E'].includes(type);

/** Calls `take` with each whole message, however the bytes come; the first of a program has no type. */
function messageReader({ hasStartup }: { hasStartup: boolean }, take: (message: Message) => void) {
  let held = Buffer.alloc(0);
  let isStartup = hasStartup;
  return (bytes: Buffer): void => {
    held = Buffer.concat([held, bytes]);
    for (;;) {
      const head = isStartup ? 0 : 1;
      if (held.length < head + 4) return;
      const length = head + held.readInt32BE(head);
      if (held.length < length) return;
      const message = held.subarray(0, length);
      held = held.subarray(length);
      const type = isStartup ? '' : message.toString('latin1', 0, 1);
      isStartup = false;
      take({ type, bytes: message, body: message.subarray(head + 4) });
    }
  };
}

/** The texts of the statements that one connection carries out, in their order. */
class StatementTexts {
  readonly #prepared = new Map<string, string>();
  readonly #given: string[] = [];
  #bound = '';

  /** True for a message that has a statement carried out. */
  take({ type, body }: Message): boolean {
    if (type === 'P') {
      const [name = '', text = ''] = stringsOf(body);
      this.#prepared.set(name, text);
    }
    if (type === 'B') this.#bound = this.#prepared.get(stringsOf(body)[1] ?? '') ?? '';
    if (type === 'Q' || type === 'E') this.#given.push(type === 'Q' ? (stringsOf(body)[0] ?? '') : this.#bound);
    return type === 'Q' || type === 'E';
  }

  /** The oldest that had no answer yet. */
  answered(): string {
    return (this.#given.shift() ?? '').trim().replaceAll(/\s+/g, ' ');
  }
}

/** The texts that a message begins with; each ends with a zero. */
function stringsOf(body: Buffer): string[] {
  return body.toString('utf8').split('\0', 2);
}
