// Rows as the bytes in which PostgreSQL holds them, by COPY … TO STDOUT in its binary form
// (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"). For pages of thousands of rows of which most
// columns are never looked at: nothing is made into texts there, to be taken apart into strings and objects here.
import { CompiledQuery, type RawBuilder } from 'kysely';
import pg from 'pg';
import { beginningMs } from './binary-arrays.ts';
import type { Tx } from './transaction.ts';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
// Behind it flags, and the length of an extension that no version of PostgreSQL writes.
const headerBytes = signature.length + 8;

export interface CopiedRows {
  /** Each field is its length, -1 for null, and its bytes as the type's `send` function makes them. */
  readonly bytes: Buffer;
  /** Where the first field of each row begins. */
  readonly starts: readonly number[];
}

/** The rows that a query finds, in its order. */
export async function copyRows(tx: Tx, query: RawBuilder<unknown>): Promise<CopiedRows> {
  const into = new CopiedBytes();
  await tx.getExecutor().executeQuery(CompiledQuery.raw(copyText(query.compile(tx)), [into]));
  return into.rows();
}

/** The statement that copies what a query finds. */
export function copyText(query: CompiledQuery): string {
  return `copy (${withLiterals(query)}) to stdout (format binary)`;
}

/** A query with its parameters written out, where it can have none: in COPY, and beside other statements. */
export function withLiterals({ sql, parameters }: CompiledQuery): string {
  return sql.replace(/\$(\d+)/g, (_, number) => literal(parameters[Number(number) - 1]));
}

/** A page of a thousand events, and the room to which it has grown. */
const spareBytesMax = 4_194_304;
let spare = Buffer.allocUnsafeSlow(65_536);

/** What a connection is given instead of parameters, to put the bytes into. */
export class CopiedBytes {
  /** Used again by the next: what is taken outside of the heap for each would have V8 collect garbage the sooner. */
  #bytes = spare;
  #end = 0;

  constructor() {
    spare = Buffer.alloc(0);
  }

  /** Copied at once: the connection reads on into the same memory. */
  add(chunk: Buffer): void {
    const end = this.#end + chunk.length;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2, 65_536));
      this.#bytes.copy(larger, 0, 0, this.#end);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end = end;
  }

  /** All rows, in a piece of just their size: they may be kept for minutes. Nothing can be added from then on. */
  rows(): CopiedRows {
    const bytes = Buffer.allocUnsafeSlow(this.#end);
    this.#bytes.copy(bytes, 0, 0, this.#end);
    if (this.#bytes.length > spare.length && this.#bytes.length <= spareBytesMax) spare = this.#bytes;
    this.#bytes = bytes;
    return { bytes, starts: startsOf(bytes) };
  }
}

/** Runs statements of which one is such a COPY. */
export function queryCopying(client: pg.PoolClient, text: string, into: CopiedBytes): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    client.query(new CopyQuery(text, into, (error, result) => (error ? reject(error) : resolve(result))));
  });
}

/** pg hands what a COPY brings to the query that asked for it, which usually drops it. */
class CopyQuery extends pg.Query {
  readonly #into: CopiedBytes;

  constructor(text: string, into: CopiedBytes, done: (error: Error | undefined, result: pg.QueryResult) => void) {
    super({ text }, done);
    this.#into = into;
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.#into.add(chunk);
  }
}

function startsOf(bytes: Buffer): number[] {
  if (bytes.compare(signature, 0, signature.length, 0, Math.min(signature.length, bytes.length)) !== 0) {
    throw new TypeError('This is not what COPY writes in its binary form.');
  }
  const starts: number[] = [];
  let at = headerBytes;
  // Behind the last row stands one of -1 fields.
  for (let fields = bytes.readInt16BE(at); fields >= 0; fields = bytes.readInt16BE(at)) {
    at += 2;
    starts.push(at);
    for (let field = 0; field < fields; field++) at = behindField(bytes, at);
  }
  return starts;
}

/** Where the next field begins. */
export function behindField(bytes: Buffer, at: number): number {
  return at + 4 + Math.max(0, bytes.readInt32BE(at));
}

export function isNull(bytes: Buffer, at: number): boolean {
  return bytes.readInt32BE(at) < 0;
}

/** Of a `text` or `json`. */
export function textAt(bytes: Buffer, at: number): string | null {
  return isNull(bytes, at) ? null : bytes.toString('utf8', at + 4, behindField(bytes, at));
}

/** Of a `text[]` of one dimension without nulls. */
export function textsAt(bytes: Buffer, at: number): string[] {
  // The number of dimensions, whether there are nulls, the type, the length and the first number of the dimension.
  const [dimensions, count] = [bytes.readInt32BE(at + 4), at + 16];
  const texts: string[] = [];
  let element = at + 24;
  for (let left = dimensions === 0 ? 0 : bytes.readInt32BE(count); left > 0; left--) {
    texts.push(textAt(bytes, element) ?? '');
    element = behindField(bytes, element);
  }
  return texts;
}

export function uuidAt(bytes: Buffer, at: number): string | null {
  if (isNull(bytes, at)) return null;
  const digits = bytes.toString('hex', at + 4, at + 20);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return parts.join('-');
}

/** Of a `timestamptz`, in ms since 1970, rounded down. */
export function instantAt(bytes: Buffer, at: number): number {
  return beginningMs + Math.floor(integerAt(bytes, at) / 1_000);
}

/** Of a `bigint` or a `xid8`; exact below 2^53. */
export function integerAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 4) * 2 ** 32 + bytes.readUInt32BE(at + 8);
}

function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return pg.escapeLiteral(value);
  if (Number.isSafeInteger(value)) return String(value);
  throw new TypeError(`${typeof value} has no literal here: give a text that PostgreSQL reads.`);
}
