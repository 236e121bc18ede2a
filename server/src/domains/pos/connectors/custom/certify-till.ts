// Tries a till maker's server as the connector will use it, and tells what it does and what it does not: each check is a
// sentence, so that somebody who has never seen this code can put his server right.
import type { z } from 'zod';
import { parseSale } from '../../parse-sale.ts';
import { askVendor } from '../ask-vendor.ts';
import type { Connection, TranslationFacts, VendorFetch } from '../connector.ts';
import { documentBytes } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { type Entity, findStrangers, findUnbound, findUntold } from './certify-rows.ts';
import { itemSchema, pageOf, refundSchema, storeSchema, transactionSchema } from './contract.ts';
import { translate } from './translate.ts';

export interface CertificationTarget {
  /** Base URL of one store, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string;
  readonly fetch: VendorFetch;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

export interface Check {
  readonly name: string;
  /** `advised`: it works, but not as well as it could. */
  readonly outcome: 'passed' | 'failed' | 'advised';
  /** What is wrong, empty where it passed. */
  readonly detail: string;
}

const problemsMax = 5;
const pageRows = 500;
/** A hundred thousand rows: enough to see how a server is, and an end to one that has none. */
const pagesMax = 200;
const farFuture = '2099-01-01T00:00:00.000Z';

/** Every check that could be made, in order; those that need an answer that did not come are left out. */
export async function certifyTill(target: CertificationTarget): Promise<Check[]> {
  return new Certification(target).run();
}

interface FeedRows {
  readonly rows: readonly Entity[];
  /** Nothing lies behind the last of them. */
  readonly isWhole: boolean;
}

class Certification {
  readonly #target: CertificationTarget;
  readonly #checks: Check[] = [];

  constructor(target: CertificationTarget) {
    this.#target = target;
  }

  /** What was found out until a request got no answer is told as well. */
  async run(): Promise<Check[]> {
    try {
      await this.#run();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#say('every request is answered', [error.message]);
    }
    return this.#checks;
  }

  async #run(): Promise<void> {
    const store = await this.#store();
    await this.#keys();
    const sales = await this.#feed('transactions', transactionSchema);
    const refunds = await this.#feed('refunds', refundSchema);
    const items = await this.#feed('items', itemSchema);
    if (store !== null) {
      for (const [name, { rows }] of Object.entries({ transactions: sales, refunds, items })) {
        this.#say(`every row of /${name} is of this store`, findStrangers(rows, store.storeId));
      }
      this.#books('transaction', sales.rows, store);
      this.#books('refund', refunds.rows, store);
    }
    // A sale that was not read may be the one that is missing.
    const unbound = sales.isWhole ? findUnbound(sales.rows, refunds.rows) : [];
    this.#say('every refund is of a transaction, and of no more than was paid', unbound);
  }

  #say(name: string, problems: readonly string[], outcome: 'failed' | 'advised' = 'failed'): void {
    const more = problems.length > problemsMax ? [`and ${problems.length - problemsMax} more`] : [];
    const detail = [...problems.slice(0, problemsMax), ...more].join('; ');
    this.#checks.push({ name, outcome: problems.length === 0 ? 'passed' : outcome, detail });
  }

  /** The status and, where it is JSON, the body. Throws NoAnswer. */
  async #ask(path: string, key: string | null = this.#target.apiKey): Promise<{ status: number; body: unknown }> {
    const { url, fetch, now, signal } = this.#target;
    const connection: Connection = { endpoint: url, credentials: {}, settings: {}, fetch, now, signal };
    const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
    try {
      const { body } = await askVendor(connection, { path, headers });
      return { status: 200, body: JSON.parse(body.toString('utf8')) };
    } catch (error) {
      if (error instanceof VendorFailure && error.status !== null) return { status: error.status, body: null };
      if (error instanceof SyntaxError) return { status: 200, body: null };
      throw new NoAnswer(path, error);
    }
  }

  async #store(): Promise<z.output<typeof storeSchema> | null> {
    const { status, body } = await this.#ask('/store');
    const read = storeSchema.safeParse(body);
    const problems = status === 200 ? issuesOf(read) : [`answered ${status}`];
    if (read.success && !isTimeZone(read.data.timeZone))
      problems.push(`timeZone ${read.data.timeZone} is not an IANA zone`);
    this.#say('GET /store tells the store', problems);
    return read.success ? read.data : null;
  }

  async #keys(): Promise<void> {
    const problems: string[] = [];
    for (const [what, key] of [
      ['no key', null],
      ['a wrong key', 'not-the-key'],
    ] as const) {
      const { status } = await this.#ask('/transactions?limit=1', key);
      if (status !== 401) problems.push(`with ${what} it answered ${status}`);
    }
    this.#say('without the right key the answer is 401', problems);
  }

  async #feed(name: string, schema: z.ZodType): Promise<FeedRows> {
    const page = pageOf(schema);
    const first = await this.#ask(`/${name}?limit=2`);
    const read = page.safeParse(first.body);
    const problems = first.status === 200 ? issuesOf(read) : [`answered ${first.status}`];
    this.#say(`GET /${name} answers a page of the contract`, problems);
    if (!isPage(first.body)) return { rows: [], isWhole: false };
    this.#say(
      `/${name} keeps to the limit`,
      first.body.items.length > 2 ? [`sent ${first.body.items.length} for 2`] : [],
    );
    const found = await this.#readTwice(name, schema);
    const { status } = await this.#ask(`/${name}?after=${encodeURIComponent('no cursor of yours')}`);
    this.#say(`/${name} answers an unknown cursor 400`, status === 400 ? [] : [`answered ${status}`]);
    const late = await this.#ask(`/${name}?limit=2&changedSince=${encodeURIComponent(farFuture)}`);
    const ignores = isPage(late.body) && late.body.items.length > 0;
    const advice = ignores ? ['it is ignored: each look will cost you the whole feed'] : [];
    this.#say(`/${name} knows changedSince`, advice, 'advised');
    return found;
  }

  /** From the beginning to the end, and once more: what is said of a version is said for ever. */
  async #readTwice(name: string, schema: z.ZodType): Promise<FeedRows> {
    const { rows, isWhole, problems } = await this.#walk(name);
    this.#say(`/${name} can be walked to its end`, problems);
    const stopped = `read no further than its first ${rows.length} rows: nothing is known of those behind`;
    if (problems.length === 0) this.#say(`/${name} was read whole`, isWhole ? [] : [stopped], 'advised');
    const wrong = rows.flatMap((row) =>
      issuesOf(schema.safeParse(row)).map((issue) => `${String(row['externalId'])}: ${issue}`),
    );
    this.#say(`every row of /${name} keeps to the contract`, wrong);
    if (problems.length === 0) {
      const again = await this.#walk(name);
      // Of a feed that goes on for longer than it is read, what comes at its end may have moved on.
      const untold = isWhole && again.isWhole ? findUntold(rows, again.rows) : [];
      this.#say(`/${name} says the same when it is read again`, [...again.problems, ...untold]);
    }
    return { rows, isWhole };
  }

  /** Cursors go on, the end is told, and nothing comes twice. */
  async #walk(name: string): Promise<FeedRows & { readonly problems: readonly string[] }> {
    const problems: string[] = [];
    const rows = new Map<string, Entity>();
    let after: string | null = null;
    for (let pages = 1; pages <= pagesMax; pages++) {
      const from: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
      const { status, body } = await this.#ask(`/${name}?limit=${pageRows}${from}`);
      if (!isPage(body)) {
        problems.push(`page ${pages} answered ${status} and no page`);
        return { rows: [...rows.values()], isWhole: false, problems };
      }
      for (const item of body.items) {
        const id = String(item['externalId']);
        if (rows.has(id)) problems.push(`${id} came twice`);
        rows.set(id, item);
      }
      if (typeof body.next !== 'string') problems.push(`page ${pages} has no next`);
      if (body.hasMore && (body.next === after || body.items.length === 0))
        problems.push(`page ${pages} does not go on`);
      if (problems.length > 0 || !body.hasMore) {
        await this.#end(name, body.next, problems);
        return { rows: [...rows.values()], isWhole: true, problems };
      }
      after = body.next;
    }
    return { rows: [...rows.values()], isWhole: false, problems };
  }

  async #end(name: string, next: unknown, problems: string[]): Promise<void> {
    if (typeof next !== 'string') return;
    const { body } = await this.#ask(`/${name}?limit=${pageRows}&after=${encodeURIComponent(next)}`);
    if (!isPage(body)) problems.push('the page behind the last one is no page');
    else if (typeof body.next !== 'string') problems.push('the cursor is lost where nothing is new: keep next');
  }

  /** That what is sold becomes sales whose totals add up. */
  #books(part: 'transaction' | 'refund', rows: readonly Entity[], store: z.output<typeof storeSchema>): void {
    const now = this.#target.now();
    const shop = { currency: store.currency, timeZone: store.timeZone, closingHour: 0 };
    const facts: TranslationFacts = {
      ...{ shop, settings: { storeId: store.storeId }, arrivedAt: now },
      catalogue: () => null,
      refundsOf: () => [],
    };
    const [unread, uneven]: [string[], string[]] = [[], []];
    let leftOut = 0;
    for (const row of rows) {
      const id = String(row['externalId']);
      const document = { reference: { kind: 'order', id }, bytes: documentBytes({ [part]: row }) } as const;
      const { sales, refusals, leftOut: reasons } = translate(document, facts);
      leftOut += reasons.length;
      unread.push(...refusals.map(({ detail }) => `${id}: ${detail}`));
      for (const { bytes } of sales) {
        const parsed = parseSale(bytes, { currency: store.currency, now });
        if (!parsed.ok) unread.push(`${id}: ${parsed.refusal.detail}`);
        else if (parsed.sale.discrepancy !== '0') uneven.push(`${id} is out by ${parsed.sale.discrepancy}`);
        else if ((parsed.sale.breakdown?.['unpaid'] ?? 0) !== 0) {
          uneven.push(`${id}: its payments leave ${String(parsed.sale.breakdown?.['unpaid'])} unpaid`);
        }
      }
    }
    // Open ones and those for training are left out; strangers are told by themselves.
    const counts = `${rows.length} read${leftOut === 0 ? '' : `, ${leftOut} of them left out`}`;
    this.#say(`every ${part} can be booked (${counts})`, unread);
    this.#say(`every ${part} adds up`, uneven);
  }
}

/** The server is not there, breaks off, or takes too long. */
class NoAnswer extends Error {
  constructor(path: string, cause: unknown) {
    super(`GET ${path.split('?')[0]} got no answer: ${reasonOf(cause)}`, { cause });
  }
}

/** A client wraps what went wrong on the way in an error that says nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}

function isPage(body: unknown): body is { items: Entity[]; next: string | null; hasMore: boolean } {
  const page = body as { items?: unknown; hasMore?: unknown } | null;
  return typeof page === 'object' && Array.isArray(page?.items) && typeof page.hasMore === 'boolean';
}

function issuesOf(read: z.ZodSafeParseResult<unknown>): string[] {
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
