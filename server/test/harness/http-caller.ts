// One kept-alive connection that speaks any method with any header, for tests about headers: versions, keys, replays.
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty where there was none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HttpCaller {
  /** `what` is method and path: `PATCH /v1/products/…`. Requests of one caller go one after the other. */
  call(
    what: string,
    sent?: { readonly body?: unknown; readonly headers?: Record<string, string> },
  ): Promise<HttpAnswer>;
  close(): void;
}

export function openCaller(url: string, credential: string): HttpCaller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    call: (what, { body, headers } = {}) =>
      new Promise((resolve, reject) => {
        const [method = '', path = ''] = what.split(' ');
        const type = body === undefined ? {} : { 'content-type': 'application/json' };
        const all = { authorization: `Bearer ${credential}`, ...type, ...headers };
        const sent = request(new URL(path, url), { method, agent, headers: all }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const { statusCode: status = 0 } = response;
            resolve({ status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) });
          });
        });
        sent.on('error', reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}
