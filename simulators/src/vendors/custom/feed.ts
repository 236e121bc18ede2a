// A feed by commit order: what changes moves to its end, so who reads to the end has everything, once each.

import { createHmac } from 'node:crypto';

interface Entry<Row> {
  readonly sequence: number;
  /** When it was put there, in milliseconds of the clock. */
  readonly at: number;
  readonly row: Row;
}

export interface FeedAsk {
  readonly after: string | undefined;
  /** Milliseconds since 1970; -Infinity for everything. */
  readonly since: number;
  readonly limit: number;
}

export interface FeedPage<Row> {
  readonly items: readonly Row[];
  /** Kept also when nothing is new. */
  readonly next: string;
  readonly hasMore: boolean;
}

export class Feed<Row> {
  // A map keeps the order of insertion: deleting and setting again moves a row to the end.
  readonly #entries = new Map<string, Entry<Row>>();
  readonly #now: () => number;
  #sequence = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  put(id: string, row: Row): void {
    this.#entries.delete(id);
    this.#entries.set(id, { sequence: ++this.#sequence, at: this.#now(), row });
  }

  /** Drops the rows that are not to be kept; cursors stay good. */
  keep(isKept: (row: Row) => boolean): void {
    for (const [id, { row }] of this.#entries) if (!isKept(row)) this.#entries.delete(id);
  }

  /** What comes after a cursor, and was put there since then; undefined for a cursor that is none of ours. */
  page({ after, since, limit }: FeedAsk): FeedPage<Row> | undefined {
    const from = after === undefined ? 0 : readCursor(after);
    if (from === undefined) return undefined;
    const found = [...this.#entries.values()].filter(({ sequence, at }) => sequence > from && at >= since);
    const items = found.slice(0, limit);
    const last = items.at(-1)?.sequence ?? from;
    return { items: items.map(({ row }) => row), next: writeCursor(last), hasMore: found.length > limit };
  }
}

const writeCursor = (sequence: number): string => Buffer.from(`s${sequence}`).toString('base64url');

function readCursor(text: string): number | undefined {
  const found = /^s(\d+)$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
  return found ? Number(found[1]) : undefined;
}

/** `v1=` and the HMAC-SHA256 of the timestamp in Unix seconds, a dot, and the raw body, in hex. */
export const signCustom = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
