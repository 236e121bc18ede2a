// Sends a plan of requests over several connections and writes down what each sale was answered.
import type { Connection } from './connections.ts';
import { overConnections } from './connections.ts';
import { keyOf } from './expected-books.ts';
import type { PlannedRequest } from './request-plan.ts';
import type { StandingShop } from './stand-up.ts';

export interface SendHistory {
  /** By shop and external id, in the order of the answers. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
  /** How many requests were answered. */
  readonly requests: number;
}

interface Result {
  externalId: string;
  status: string;
}

/** Resolves when every request has been answered 200; `onAnswered` is told how many have been so far. */
export async function sendDay(
  connections: readonly Connection[],
  plan: readonly PlannedRequest[],
  by: { shops: readonly StandingShop[]; onAnswered?: (answered: number) => void },
): Promise<SendHistory> {
  const shops = new Map(by.shops.map((shop) => [shop.shopId, shop]));
  const answers = new Map<string, string[]>();
  let requests = 0;
  await overConnections(connections, plan, async (connection, { shopId, sales }) => {
    const path = `/v1/pos-systems/${shops.get(shopId)?.posSystemId}/transactions`;
    const { status, body } = await connection.post(path, { transactions: sales });
    if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    const { results } = body as { results: Result[] };
    if (results.length !== sales.length) throw new Error(`${results.length} results for ${sales.length} sales`);
    for (const [at, { externalId, status: answer }] of results.entries()) {
      if (externalId !== sales[at]?.externalId) throw new Error(`result ${at} is for ${externalId}, not in order`);
      const key = keyOf(shopId, externalId);
      answers.set(key, [...(answers.get(key) ?? []), answer]);
    }
    by.onAnswered?.(++requests);
  });
  return { answers, requests };
}
