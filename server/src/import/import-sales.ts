// The operation: works a file through in its order, with several requests under way at a time, and keeps how far
// everything is durable. A request is sent again until it is: the database may restart in the middle.
import { type IngestParts, ingestSales, malformedSale, parseSale, type SystemFacts } from '../domains/pos/index.ts';
import type { Caller } from '../identity/index.ts';
import { backgroundActor } from '../platform/actor.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { csvSales } from './csv-sales.ts';
import { Frontier } from './frontier.ts';
import { ndjsonSales } from './ndjson-sales.ts';
import { type Patience, patiently } from './patiently.ts';
import {
  findCheckpoint,
  type ImportKey,
  readTillBooks,
  removeCheckpoint,
  saveCheckpoint,
  type TillBooks,
} from './queries.ts';
import { readLines } from './read-lines.ts';
import type { SaleInFile } from './sale-in-file.ts';
import type { SalesFile } from './survey-file.ts';
import { nothingYet, type Tally, tallyOf } from './tally.ts';

export interface ImportParts {
  readonly db: Database;
  readonly ingest: IngestParts;
  readonly clock: Clock;
}

export interface ImportRequest {
  readonly file: SalesFile;
  readonly caller: Caller;
  readonly system: SystemFacts;
  /** The shop's, for times without an offset. */
  readonly timeZone: string;
  /** Requests under way at a time. */
  readonly connections: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** What an interrupted run had come to. */
  readonly before: Tally;
  readonly reached: Tally;
}

export interface ImportReport extends ImportProgress {
  /** False where it was told to stop; the same command goes on from here. */
  readonly isFinished: boolean;
  /** All that the till has sold, as the database says now. */
  readonly books: TillBooks;
}

/** Few enough that a kill repeats little, enough that two requests fill a group commit half. */
const salesMax = 125;
const requestBytesMax = 524_288;
const saveEveryMs = 200;
const actor = backgroundActor('import');

/** Throws ImportRefused for a file that is none of sales, and the refusal of a request that cannot be brought in. */
export async function importSales(parts: ImportParts, request: ImportRequest): Promise<ImportReport> {
  const { db } = parts;
  const { file, system, signal } = request;
  const key: ImportKey = { posSystemId: system.id, fileDigest: file.digest };
  const patience: Patience = { clock: parts.clock, signal };
  const before = (await db.transaction(actor, (tx) => findCheckpoint(tx, key))) ?? nothingYet;
  const frontier = new Frontier(before);
  const checkpoint = new Checkpoint(parts, key);
  request.onProgress({ before, reached: before });
  const requests = cut(salesOf(request), before.sales);
  const failed = new AbortController();
  const work = async () => {
    // One iterator for all: each takes the next request of the file, so those under way are neighbours.
    for await (const { index, sales } of requests) {
      frontier.pass(index, tallyOf(await sendUntilDurable(parts, request, sales)));
      await checkpoint.save(frontier.reached);
      request.onProgress({ before, reached: frontier.reached });
      if (signal.aborted || failed.signal.aborted) return;
    }
  };
  const workers = Array.from({ length: request.connections }, () =>
    work().catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(workers);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  const isFinished = failure === undefined && !signal.aborted;
  if (isFinished) await patiently(patience, () => checkpoint.remove());
  else if (frontier.reached.sales > before.sales) await checkpoint.saveNow(frontier.reached).catch(() => undefined);
  if (failure !== undefined) throw failure.reason;
  const till = { locationId: system.locationId, posSystemId: system.id };
  const books = await patiently(patience, () => db.transaction(actor, (tx) => readTillBooks(tx, till)));
  return { before, reached: frontier.reached, isFinished, books };
}

function salesOf({ file, system, timeZone }: ImportRequest): AsyncGenerator<SaleInFile> {
  const lines = readLines(file);
  return file.format === 'csv' ? csvSales(lines, { currency: system.currency, timeZone }) : ndjsonSales(lines);
}

interface PartOfFile {
  /** From 0, in the order of the file. */
  readonly index: number;
  readonly sales: readonly SaleInFile[];
}

/** The sales behind the first `passed`, in requests. Those are read again to be passed over, which costs no commit. */
async function* cut(sales: AsyncIterable<SaleInFile>, passed: number): AsyncGenerator<PartOfFile> {
  let place = 0;
  let index = 0;
  let request: SaleInFile[] = [];
  let bytes = 0;
  for await (const sale of sales) {
    if (place++ < passed) continue;
    request.push(sale);
    bytes += sale.raw.length;
    if (request.length < salesMax && bytes < requestBytesMax) continue;
    yield { index: index++, sales: request };
    request = [];
    bytes = 0;
  }
  if (request.length > 0) yield { index, sales: request };
}

/** Sends the sales of one request until they are durable; answers what became of each. */
async function sendUntilDurable({ ingest, clock }: ImportParts, request: ImportRequest, sales: readonly SaleInFile[]) {
  const { caller, system } = request;
  const terms = { currency: system.currency, now: clock.now() };
  const arrived = sales.map(({ raw, damage, lineNumber }) => {
    if (damage !== null) return { raw, parsed: { ok: false as const, refusal: damaged(damage) } };
    const parsed = parseSale(raw, terms);
    if (parsed.ok) return { raw, parsed };
    const detail = `Line ${lineNumber}: ${parsed.refusal.detail}`;
    return { raw, parsed: { ok: false as const, refusal: { ...parsed.refusal, detail } } };
  });
  const results = await patiently({ clock, signal: request.signal }, () =>
    ingestSales(ingest, caller, { system, sales: arrived }),
  );
  return results.map(({ status }, at) => {
    const parsed = arrived[at]?.parsed;
    const total = parsed?.ok ? parsed.sale.total : '0';
    return { status, total, lines: sales[at]?.lines ?? 0, end: sales[at]?.end ?? 0 };
  });
}

function damaged({ externalId, detail }: { readonly externalId: string | null; readonly detail: string }) {
  return { externalId, version: null, code: malformedSale.definition.code, detail };
}

/** Saves at most five times a second, one after the other. Losing the last save only means to send its sales again. */
class Checkpoint {
  readonly #parts: ImportParts;
  readonly #key: ImportKey;
  #saving: Promise<void> | null = null;
  #savedMs: number;

  constructor(parts: ImportParts, key: ImportKey) {
    this.#parts = parts;
    this.#key = key;
    this.#savedMs = parts.clock.monotonicMs();
  }

  async save(reached: Tally): Promise<void> {
    if (this.#saving !== null || this.#parts.clock.monotonicMs() - this.#savedMs < saveEveryMs) return;
    // While the database restarts there is nothing to be saved either.
    this.#saving = this.saveNow(reached).catch(() => undefined);
    await this.#saving;
    this.#saving = null;
    this.#savedMs = this.#parts.clock.monotonicMs();
  }

  saveNow(reached: Tally): Promise<void> {
    return this.#parts.db.transaction(actor, (tx) => saveCheckpoint(tx, this.#key, reached));
  }

  remove(): Promise<void> {
    return this.#parts.db.transaction(actor, (tx) => removeCheckpoint(tx, this.#key));
  }
}
