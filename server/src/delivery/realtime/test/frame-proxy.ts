// A man in the middle of one WebSocket connection after the other: he writes down every frame, and can hold frames back,
// forge some, and end connections as a server or a network would.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer, WebSocket as WsClient } from 'ws';
import { createSignal, type Signal } from '../../../../test/flow/signal.ts';

export interface Frame {
  readonly isBinary: boolean;
  readonly data: Buffer;
  readonly text: string;
}

export interface FrameProxy {
  readonly url: string;
  readonly toClient: Frame[];
  readonly toServer: Frame[];
  /** Addresses that clients asked for, one a connection. */
  readonly addresses: string[];
  /** The codes with which connections to clients ended, whichever side began it. */
  readonly closeCodes: number[];
  readonly signal: Signal;
  /** Frames that it is true for do not reach the client until `release`. */
  hold(isHeld: (frame: Frame) => boolean): void;
  release(): void;
  /** Sends the client a frame that the server never said. */
  forge(text: string): void;
  /** Ends every connection with the code; 1006 cuts the wire. */
  end(code: number): void;
  close(): Promise<void>;
}

/** Listens on a free port, for the gateway at `target`. */
export async function openFrameProxy(target: string): Promise<FrameProxy> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const toClient: Frame[] = [];
  const toServer: Frame[] = [];
  const addresses: string[] = [];
  const closeCodes: number[] = [];
  const signal = createSignal();
  const inwards = new Set<WebSocket>();
  const held: (() => void)[] = [];
  let isHeld: (frame: Frame) => boolean = () => false;
  server.on('connection', (inward, request) => {
    addresses.push(request.url ?? '');
    const outward = new WsClient(`${target.replace('http', 'ws')}${request.url ?? ''}`);
    inwards.add(inward);
    const waiting: Frame[] = [];
    const passOn = ({ data, isBinary }: Frame) => outward.send(data, { binary: isBinary });
    inward.on('message', (data: Buffer, isBinary) => {
      const frame = { data, isBinary, text: data.toString('utf8') };
      toServer.push(frame);
      if (outward.readyState === outward.OPEN) passOn(frame);
      else waiting.push(frame);
      signal.ring();
    });
    outward.on('open', () => waiting.splice(0).forEach(passOn));
    outward.on('message', (data: Buffer, isBinary) => {
      const frame = { data, isBinary, text: data.toString('utf8') };
      const deliver = () => {
        toClient.push(frame);
        if (inward.readyState === inward.OPEN) inward.send(data, { binary: isBinary });
        signal.ring();
      };
      if (isHeld(frame)) held.push(deliver);
      else deliver();
    });
    const end = () => {
      inwards.delete(inward);
      outward.terminate();
      inward.terminate();
      signal.ring();
    };
    inward.on('close', (code) => closeCodes.push(code));
    for (const half of [inward, outward]) half.on('close', end).on('error', end);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    toClient,
    toServer,
    addresses,
    closeCodes,
    signal,
    hold(which) {
      isHeld = which;
    },
    release() {
      isHeld = () => false;
      for (const deliver of held.splice(0)) deliver();
    },
    forge(text) {
      for (const inward of inwards) inward.send(text);
    },
    end(code) {
      for (const inward of inwards) {
        if (code === 1006) inward.terminate();
        else inward.close(code);
      }
    },
    close() {
      for (const inward of inwards) inward.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
