/** A vendor's server that answers what a test says, on a real socket, and remembers what it was asked. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface StubRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string;
  readonly body: string;
}

export interface StubVendor {
  readonly url: string;
  /** Everything that was asked, in order. */
  readonly asked: StubRequest[];
  /** What it answers from now on. */
  answer: (request: StubRequest) => StubAnswer;
  close(): Promise<void>;
}

export async function startStubVendor(answer: StubVendor['answer']): Promise<StubVendor> {
  const server = createServer((request, response) => {
    void (async () => {
      const asked = await readRequest(request);
      vendor.asked.push(asked);
      const { status = 200, headers = {}, body } = vendor.answer(asked);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const vendor: StubVendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return vendor;
}

async function readRequest(request: IncomingMessage): Promise<StubRequest> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return {
    method: request.method ?? '',
    url: new URL(request.url ?? '/', 'http://stub'),
    authorization: request.headers.authorization ?? '',
    body: Buffer.concat(parts).toString(),
  };
}

/** The answers of a store with nothing sold, as our own contract has them. */
export function emptyStore(part: Readonly<Record<string, unknown>> = {}): StubVendor['answer'] {
  const store = { storeId: 'store-1', name: 'Stub', currency: 'USD', timeZone: 'America/New_York', ...part };
  return ({ url }) => ({
    body: url.pathname.endsWith('/store') ? store : { items: [], next: 'end', hasMore: false },
  });
}
