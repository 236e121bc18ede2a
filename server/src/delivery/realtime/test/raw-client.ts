// A bare WebSocket that says exactly what a test wants said, for what the real client never does.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createSignal } from '../../../../test/flow/signal.ts';

export interface RawMessage {
  readonly topic: string;
  readonly event: string;
  readonly payload: Record<string, unknown>;
  readonly ref: string | null;
  readonly joinRef: string | null;
}

export interface RawClient {
  readonly webSocket: WebSocket;
  readonly received: RawMessage[];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Sends a message of serializer 2.0.0. */
  say(message: { joinRef?: string | null; ref?: string | null; topic: string; event: string; payload?: unknown }): void;
  sendText(text: string): void;
  /** Waits for a message that fits, and gives the first. */
  hear(what: string, fits: (message: RawMessage) => boolean): Promise<RawMessage>;
  /** The reply to the message with this ref. */
  reply(ref: string): Promise<RawMessage>;
}

/** Resolves when the socket is open; frames are read as serializer 2.0.0 unless the URL says otherwise. */
export async function connectRaw(url: string, headers: Record<string, string> = {}): Promise<RawClient> {
  const webSocket = new WebSocket(url, { headers });
  const received: RawMessage[] = [];
  const signal = createSignal();
  webSocket.on('message', (data, isBinary) => {
    if (isBinary) throw new Error('no binary frame was expected');
    received.push(read(JSON.parse(String(data))));
    signal.ring();
  });
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  webSocket.on('close', (code, reason) => closed.resolve({ code, reason: String(reason) }));
  await once(webSocket, 'open');
  const hear: RawClient['hear'] = async (what, fits) => {
    await signal.until(what, () => received.some(fits));
    const found = received.find(fits);
    if (found === undefined) throw new Error(`lost ${what}`);
    return found;
  };
  return {
    webSocket,
    received,
    closed: closed.promise,
    say: ({ joinRef = null, ref = null, topic, event, payload = {} }) =>
      webSocket.send(JSON.stringify([joinRef, ref, topic, event, payload])),
    sendText: (text) => webSocket.send(text),
    hear,
    reply: (ref) => hear(`the reply to ${ref}`, (message) => message.event === 'phx_reply' && message.ref === ref),
  };
}

function read(value: unknown): RawMessage {
  if (!Array.isArray(value)) {
    const { topic, event, payload, ref } = value as RawMessage;
    return { topic, event, payload, ref, joinRef: null };
  }
  const [joinRef, ref, topic, event, payload] = value as [string | null, string | null, string, string, never];
  return { joinRef, ref, topic, event, payload };
}
