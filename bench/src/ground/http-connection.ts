// One kept-alive HTTP/1.1 connection that has one request under way at a time. Written by hand because it shares two
// cores with the server that it loads: a general client costs ten times as much a request, and that would be measured.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const headEnd = Buffer.from('\r\n\r\n');

export class HttpConnection {
  readonly #socket: Socket;
  readonly #head: string;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Bytes of the whole answer, once its head is there. */
  #wantedBytes: number | null = null;
  #settle: { resolve: (body: string) => void; reject: (error: Error) => void } | null = null;

  private constructor(socket: Socket, head: string) {
    this.#socket = socket;
    this.#head = head;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
  }

  static async open(url: string, key: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    const head = `host: ${hostname}:${port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
    return new HttpConnection(socket, head);
  }

  /** The body of the answer; rejects unless its status is 200. */
  post(path: string, body: string): Promise<string> {
    if (this.#settle !== null) throw new Error('A request is under way on this connection.');
    if (this.#socket.destroyed) return Promise.reject(new Error('The server closed the connection.'));
    const length = Buffer.byteLength(body);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(`POST ${path} HTTP/1.1\r\n${this.#head}content-length: ${length}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.#settle = null;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#receivedBytes += bytes.length;
    if (this.#wantedBytes === null) {
      const all = Buffer.concat(this.#received);
      this.#received = [all];
      const end = all.indexOf(headEnd);
      if (end < 0) return;
      const [, length] = /\r\ncontent-length: (\d+)/i.exec(all.toString('latin1', 0, end)) ?? [];
      if (length === undefined) {
        this.#fail(new Error('An answer came without its length.'));
        return;
      }
      this.#wantedBytes = end + headEnd.length + Number(length);
    }
    if (this.#receivedBytes >= this.#wantedBytes) this.#answer(Buffer.concat(this.#received));
  }

  #answer(all: Buffer): void {
    const settle = this.#settle;
    this.#received = [];
    this.#receivedBytes = 0;
    this.#wantedBytes = null;
    this.#settle = null;
    const body = all.toString('utf8', all.indexOf(headEnd) + headEnd.length);
    if (all.toString('latin1', 9, 12) === '200') settle?.resolve(body);
    else settle?.reject(new Error(`The server answered ${all.toString('latin1', 0, all.indexOf('\r\n'))}: ${body}`));
  }

  #fail(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = null;
  }
}
