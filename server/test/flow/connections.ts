// HTTP over a fixed number of connections: fetch would open as many as it likes, and how requests share connections is
// part of what the flow tests try.
import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One kept-alive connection; its requests go one after the other. */
export interface Connection {
  post(path: string, body: unknown): Promise<Answer>;
  get(path: string): Promise<Answer>;
  close(): void;
}

export function openConnection(url: string, apiKey: string): Connection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (method: 'GET' | 'POST', path: string, body?: string) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
      const sent = request(new URL(path, url), { method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(chunks) }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return {
    post: (path, body) => send('POST', path, typeof body === 'string' ? body : JSON.stringify(body)),
    get: (path) => send('GET', path),
    close: () => agent.destroy(),
  };
}

function parsed(chunks: readonly Buffer[]): unknown {
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

/** Lets `count` connections work through `jobs` as fast as each can; resolves when all are done. */
export async function overConnections<Job>(
  connections: readonly Connection[],
  jobs: readonly Job[],
  work: (connection: Connection, job: Job) => Promise<void>,
): Promise<void> {
  const queue = jobs.values();
  await Promise.all(
    connections.map(async (connection) => {
      // The iterator is shared, so each job is taken by exactly one connection.
      for (const job of queue) await work(connection, job);
    }),
  );
}
