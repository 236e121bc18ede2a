/** What a balancer and those in the middle of a request see of a server that is told to stop. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { startTestApp } from '../test/harness/test-app.ts';
import { readConfig } from './config.ts';
import { createLogger } from './platform/logger.ts';
import { startServer } from './start-server.ts';

const readiness = async (url: string) => {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, checks: ((await answer.json()) as { checks: Record<string, unknown> }).checks };
};

test('from the first moment of stopping /readyz says so, and what is in flight is finished', async () => {
  const brand = await startTestApp();
  onTestFinished(brand.stop);
  const environment = { TILLSTREAM_PORT: '0', TILLSTREAM_DATA_DIR: tmpdir(), DATABASE_URL: brand.database.ownerUrl };
  const server = await startServer({
    config: readConfig({ ...environment, TILLSTREAM_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') }),
    logger: createLogger({ level: 'silent' }),
    signal: new AbortController().signal,
  });
  onTestFinished(() => server.stop());
  expect((await readiness(server.url)).checks).not.toHaveProperty('draining');

  const body = JSON.stringify({ sku: 'LATE', name: 'Late espresso', unit: 'piece', price: 2.5, currency: 'USD' });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(
    `POST /v1/products HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${brand.ownerKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`,
  );
  const [goAhead] = await once(socket, 'data');
  expect(String(goAhead)).toContain('100 Continue');

  const stopped = server.stop();
  expect(await readiness(server.url)).toMatchObject({ status: 503, checks: { draining: { ok: false } } });
  const answered = text(socket);
  socket.write(body);
  expect(await answered).toMatch(/201 Created[\s\S]*connection: close[\s\S]*LATE/);
  await stopped;
  await expect(fetch(`${server.url}/readyz`)).rejects.toThrow();
});

test('told to stop while it starts, it lets go of the database and of whatever it waits for', async () => {
  const told = new AbortController();
  // Documentation addresses (RFC 5737) are answered by nobody: connecting to one waits for minutes.
  const config = readConfig({ TILLSTREAM_DATA_DIR: tmpdir(), DATABASE_URL: 'postgres://u:p@192.0.2.1:5432/db' });
  const logger = createLogger({ level: 'silent' });
  const refused = expect(startServer({ config, logger, signal: told.signal })).rejects.toThrow('Ctrl-C');
  told.abort(new Error('Ctrl-C'));
  await refused;
});
