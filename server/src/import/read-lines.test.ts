import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ImportRefused } from './import-refused.ts';
import { readLines } from './read-lines.ts';
import { surveyFile } from './survey-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tillstream-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string | Buffer): string {
  const path = join(folder, 'sales');
  writeFileSync(path, text);
  return path;
}

async function linesOf(path: string, bytesMax?: number) {
  const lines = await Array.fromAsync(readLines(await surveyFile(path), bytesMax));
  return lines.map(({ number, bytes, isCut }) => `${number} ${bytes}${isCut ? '…' : ''}`);
}

test('a file is read line by line, whatever ends its lines, without blank ones and byte order mark', async () => {
  expect(await linesOf(fileOf('\uFEFFa\r\n\n  \nb\nc'))).toEqual(['1 a', '4 b', '5 c']);
});

test('gzip is unpacked, whatever the name of the file', async () => {
  const text = Array.from({ length: 20_000 }, (_, n) => `line ${n}`).join('\n');
  const path = fileOf(gzipSync(text));
  const lines = await Array.fromAsync(readLines(await surveyFile(path)));
  expect(lines.map(({ bytes }) => bytes.toString()).join('\n')).toBe(text);
  expect(lines.at(-1)?.end).toBe(text.length);
});

test('of a line without an end only the beginning is kept', async () => {
  expect(await linesOf(fileOf(`short\n${'x'.repeat(200_000)}\nnext`), 10)).toEqual([
    '1 short',
    `2 ${'x'.repeat(10)}…`,
    '3 next',
  ]);
});

test('a survey tells format, length and digest', async () => {
  expect(await surveyFile(fileOf('externalId,sku\n'))).toMatchObject({ format: 'csv', isGzip: false, textBytes: 15 });
  expect(await surveyFile(fileOf(gzipSync('\uFEFF\n{"externalId":"a"}')))).toMatchObject({
    format: 'ndjson',
    isGzip: true,
  });
  const [a, b] = [await surveyFile(fileOf('a\n')), await surveyFile(fileOf('b\n'))];
  expect(a.digest).not.toEqual(b.digest);
});

test.each([
  ['is empty', Buffer.alloc(0), /is empty/],
  ['breaks off', gzipSync('x'.repeat(10_000)).subarray(0, 30), /cannot be read/],
  ['is damaged', Buffer.concat([gzipSync('x').subarray(0, 12), Buffer.from('garbage')]), /cannot be read/],
])('a file that %s is refused before anything is booked', async (_, bytes, words) => {
  const path = fileOf(bytes);
  await expect(surveyFile(path)).rejects.toThrow(ImportRefused);
  await expect(surveyFile(path)).rejects.toThrow(words);
});

test('a file that is not there is refused', async () => {
  await expect(surveyFile(join(folder, 'absent'))).rejects.toThrow(/absent cannot be read/);
});
