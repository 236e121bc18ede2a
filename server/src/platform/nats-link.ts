// The wire to other nodes: NATS core, which delivers at most once and remembers nothing. A node works without it, so it is
// connected in the background, for as long as it takes and as often as it breaks; what is published meanwhile is dropped.
import { connect, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { createLoop } from './loop.ts';
import { createService, type Service } from './service.ts';

export interface NatsLinkOptions {
  /** `nats://user:password@host:port`, `nats://token@host:port`, or `tls://…`; a cluster names its others itself. */
  readonly url: string;
  /** Put before every subject: who shares the server with us must not hear us. Asked for until it is known. */
  readonly prefix: () => Promise<string>;
  readonly onError: (error: unknown) => void;
}

export interface NatsLink extends Service {
  /**
   * Sends to the other nodes that listen; nothing comes back to this one. Dropped while there is no connection. Never
   * throws: what the wire does not take (it is too large) is dropped as well, and reported once for each connection.
   */
  publish(subject: string, bytes: Uint8Array): void;
  /** Returns the function that ends the subscription. The listener must not throw. */
  subscribe(subject: string, listener: (bytes: Uint8Array) => void): () => void;
  isUp(): boolean;
  /** Calls back each time that the connection comes to stand, the first included. Returns the function that ends that. */
  onRestored(listener: () => void): () => void;
  /** Largest message that the server takes, in bytes; 0 while it is not known. */
  payloadBytesMax(): number;
}

interface Listening {
  readonly subject: string;
  readonly listener: (bytes: Uint8Array) => void;
  active: Subscription | null;
}

const retryMs = 250;

export function createNatsLink(options: NatsLinkOptions): NatsLink {
  const wire = new Wire(options);
  const loop = createLoop({ name: 'nats', intervalMs: retryMs, work: wire.ensure, onError: wire.reportOnce });
  const service = createService({
    name: loop.name,
    start: () => loop.start(),
    stop: async () => {
      await loop.stop();
      await wire.close();
    },
  });
  return {
    ...service,
    publish: (subject, bytes) => wire.publish(subject, bytes),
    subscribe: (subject, listener) => wire.subscribe(subject, listener),
    isUp: () => wire.isUp,
    onRestored(listener) {
      wire.restoredListeners.add(listener);
      return () => wire.restoredListeners.delete(listener);
    },
    payloadBytesMax: () => wire.connection?.info?.max_payload ?? 0,
  };
}

class Wire {
  connection: NatsConnection | null = null;
  isUp = false;
  readonly restoredListeners = new Set<() => void>();
  readonly #options: NatsLinkOptions;
  readonly #listening = new Set<Listening>();
  #prefix: string | null = null;
  #isReported = false;
  #isRefusalReported = false;

  constructor(options: NatsLinkOptions) {
    this.#options = options;
  }

  /** Connects where there is no connection; one that breaks is mended by the library itself. */
  readonly ensure = async (): Promise<void> => {
    if (this.connection !== null) return;
    this.#prefix ??= await this.#options.prefix();
    const connection = await connect({
      ...addressOf(this.#options.url),
      name: 'tillstream',
      noEcho: true,
      timeout: 2_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: retryMs,
      reconnectJitter: retryMs,
      pingInterval: 5_000,
      maxPingOut: 2,
    });
    this.connection = connection;
    for (const each of this.#listening) this.#listen(each);
    this.#stand();
    void this.#watch(connection);
    void connection.closed().then(() => this.#forget(connection));
  };

  /** An outage is told once, not at each attempt to end it. */
  readonly reportOnce = (error: unknown): void => {
    if (!this.#isReported) this.#options.onError(error);
    this.#isReported = true;
  };

  publish(subject: string, bytes: Uint8Array): void {
    // The library would keep it for the time after the outage, when it is worth nothing.
    if (!this.isUp) return;
    try {
      this.connection?.publish(`${this.#prefix}.${subject}`, bytes);
    } catch (cause) {
      // Whoever speaks is in the middle of something else, such as ending a socket, which must come to its end.
      if (this.#isRefusalReported) return;
      this.#isRefusalReported = true;
      const largest = this.connection?.info?.max_payload;
      const what = `NATS does not take a message of ${bytes.length} bytes (its max_payload is ${largest}); it is dropped`;
      this.#options.onError(new Error(what, { cause }));
    }
  }

  subscribe(subject: string, listener: (bytes: Uint8Array) => void): () => void {
    const each: Listening = { subject, listener, active: null };
    this.#listening.add(each);
    this.#listen(each);
    return () => {
      this.#listening.delete(each);
      each.active?.unsubscribe();
    };
  }

  async close(): Promise<void> {
    await this.connection?.close();
  }

  #listen(each: Listening): void {
    // One that has just been closed for good throws; the next one listens again.
    if (this.connection?.isClosed() === true) return;
    each.active =
      this.connection?.subscribe(`${this.#prefix}.${each.subject}`, {
        callback: (error, message) => {
          if (error === null) each.listener(message.data);
          else this.#options.onError(error);
        },
      }) ?? null;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.isUp = false;
      if (type === 'disconnect') this.reportOnce(new Error('The connection to NATS is lost; the log is read instead'));
      if (type === 'reconnect') this.#stand();
    }
  }

  #stand(): void {
    this.isUp = true;
    this.#isReported = false;
    this.#isRefusalReported = false;
    for (const listener of this.restoredListeners) listener();
  }

  /** Closed for good, as after an authorisation that was taken back: the loop begins anew. */
  #forget(connection: NatsConnection): void {
    if (this.connection !== connection) return;
    this.connection = null;
    this.isUp = false;
    for (const each of this.#listening) each.active = null;
  }
}

function addressOf(url: string) {
  const { hostname, port, username, password, protocol } = new URL(url);
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  return {
    servers: `${hostname}:${port || '4222'}`,
    ...(user !== '' && pass !== '' && { user, pass }),
    ...(user !== '' && pass === '' && { token: user }),
    ...(protocol === 'tls:' && { tls: {} }),
  };
}
