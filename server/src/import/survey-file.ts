// The first look at a file: what it is, how long, and its digest, by which an interrupted import of it is found again. One
// pass before anything is booked, so a file that breaks off (a download cut short) is refused before its first sale.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ImportRefused } from './import-refused.ts';

export const fileFormats = ['csv', 'ndjson'] as const;

export type FileFormat = (typeof fileFormats)[number];

export interface SalesFile {
  readonly path: string;
  readonly isGzip: boolean;
  readonly format: FileFormat;
  /** SHA-256 of the file as it lies there. */
  readonly digest: Buffer;
  /** Length of its text, unpacked. */
  readonly textBytes: number;
}

/** Throws ImportRefused where the file cannot be read, is empty, or is damaged gzip. */
export async function surveyFile(path: string, format?: FileFormat): Promise<SalesFile> {
  try {
    const isGzip = await startsAsGzip(path);
    const digest = createHash('sha256');
    let textBytes = 0;
    let head = Buffer.alloc(0);
    async function* digested(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        digest.update(chunk);
        yield chunk;
      }
    }
    async function measure(chunks: AsyncIterable<Buffer>): Promise<void> {
      for await (const chunk of chunks) {
        if (head.length < headBytes) head = Buffer.concat([head, chunk.subarray(0, headBytes)]);
        textBytes += chunk.length;
      }
    }
    const raw = createReadStream(path);
    await (isGzip ? pipeline(raw, digested, createGunzip(), measure) : pipeline(raw, digested, measure));
    if (textBytes === 0) throw new ImportRefused(`${path} is empty.`);
    return { path, isGzip, format: format ?? formatOf(head), digest: digest.digest(), textBytes };
  } catch (error) {
    if (error instanceof ImportRefused) throw error;
    throw new ImportRefused(`${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

const headBytes = 4_096;

/** The magic number, since a name says nothing for certain. */
async function startsAsGzip(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { end: 1 })) {
    const [first, second] = chunk as Buffer;
    return first === 0x1f && second === 0x8b;
  }
  return false;
}

/** A header of column names never begins with a brace, and an object always does. */
function formatOf(head: Buffer): FileFormat {
  return head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('{')
    ? 'ndjson'
    : 'csv';
}
