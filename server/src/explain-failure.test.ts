import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { explainFailure } from './explain-failure.ts';
import { makeDirectory } from './make-directory.ts';

async function failureOf(work: Promise<unknown>): Promise<string> {
  return explainFailure(
    await work.then(
      () => 'nothing failed',
      (error: unknown) => error,
    ),
  );
}

test('a port in use names the setting to change', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => first.once('listening', resolve));
  const second = createServer();
  const failed = new Promise((_, reject) => second.once('error', reject));
  second.listen((first.address() as AddressInfo).port, '127.0.0.1');
  expect(await failureOf(failed)).toContain('TILLSTREAM_PORT=8788');
  first.close();
});

test('a database that nobody answers for names its setting', async () => {
  const client = new pg.Client({ connectionString: 'postgres://a:b@127.0.0.1:1/none' });
  expect(await failureOf(client.connect())).toContain('DATABASE_URL');
});

test('a data directory that cannot be names its setting at once, and one that can is made with its parents', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tillstream-directory-'));
  await makeDirectory(join(home, 'a/b/c'));
  await makeDirectory(join(home, 'a/b/c'));
  expect(await failureOf(makeDirectory('/etc/passwd'))).toContain('TILLSTREAM_DATA_DIR');
  expect(await failureOf(makeDirectory('/proc/x'))).toContain('TILLSTREAM_DATA_DIR');
  await rm(home, { recursive: true });
});

test('what is not known keeps its own words', () => {
  expect(explainFailure(new Error('something else'))).toBe('something else');
  expect(explainFailure('a text')).toBe('a text');
});
