// A till that never gives up: it sends each request until it has been answered 2xx, over any number of resets, refusals
// to connect and 503s, and writes down every attempt.
import { setTimeout as pause } from 'node:timers/promises';
import { type History, Refused } from '../faults/history.ts';
import { openConnection } from '../flow/connections.ts';

export interface TillRequest {
  readonly posSystemId: string;
  /** By which the checkers know the sales. */
  readonly keys: readonly string[];
  readonly sales: readonly object[];
}

export interface TillResult {
  readonly externalId: string;
  readonly status: string;
}

/** A till backs off like this while its server restarts; a shorter pause would keep the machine from restarting it. */
const pauseMs = { least: 100, most: 400 } as const;

/** Resolves when every request has been answered; `onAnswered` is told of each. Throws where one is refused for good. */
export async function sellUntilAnswered(
  requests: readonly TillRequest[],
  by: {
    readonly client: string;
    readonly url: () => string;
    readonly key: string;
    readonly history: History;
    readonly onAnswered: (results: readonly TillResult[]) => void;
  },
): Promise<void> {
  const { client, history, onAnswered } = by;
  let connection = openConnection(by.url(), by.key);
  try {
    for (const { posSystemId, keys, sales } of requests) {
      for (;;) {
        const recorded = await history.record(client, keys, async () => {
          const answer = await connection.post(`/v1/pos-systems/${posSystemId}/transactions`, { transactions: sales });
          if (answer.status >= 200 && answer.status < 300) return (answer.body as { results: TillResult[] }).results;
          const words = `${answer.status} ${JSON.stringify(answer.body)}`;
          throw answer.status < 500 ? new Refused(words) : new Error(words);
        });
        if (recorded.kind === 'ok') {
          onAnswered(recorded.value);
          break;
        }
        if (recorded.kind === 'fail') throw new Error(`${client} was refused; see ${history.path}`);
        connection.close();
        await pause(pauseMs.least + Math.random() * (pauseMs.most - pauseMs.least));
        connection = openConnection(by.url(), by.key);
      }
    }
  } finally {
    connection.close();
  }
}
