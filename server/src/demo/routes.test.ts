// Who is shown the demo's keys: the dashboard on the same machine, and nobody beyond it.
import { request as send } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHealth } from '../platform/health.ts';
import { createHttp, createHttpService, type HttpService } from '../platform/http.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import type { DemoFacts } from './demo-file.ts';
import { addDemoRoutes } from './routes.ts';

let service: HttpService;
let port: number;

beforeAll(async () => {
  const logger = createLogger({ level: 'silent' });
  const health = createHealth(() => undefined);
  const app = await createHttp({ logger, metrics: createMetrics(), health, version: '1.2.3' });
  const facts: DemoFacts = {
    url: 'http://127.0.0.1',
    franchiseId: uuidv7(),
    locations: [],
    products: [],
    keys: { owner: 'o', manager: 'm', till: 't' },
    tokens: { owner: 'o', manager: 'm' },
    users: { owner: uuidv7(), manager: uuidv7() },
    managerLocationId: null,
  };
  addDemoRoutes(app, () => facts);
  service = createHttpService(app, { host: '127.0.0.1', port: 0, stopTimeoutMs: 5_000 });
  await service.start();
  port = Number(new URL(service.url()).port);
});
afterAll(() => service?.stop());

function statusWith(headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    send({ port, host: '127.0.0.1', path: '/v1/demo', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .once('error', reject)
      .end();
  });
}

test('the browser of the same machine is answered, under each of its names', async () => {
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
    expect(await statusWith({ host })).toBe(200);
  }
});

test('a name of elsewhere, and whoever comes through a proxy, learns nothing', async () => {
  expect(await statusWith({ host: `shop.example:${port}` })).toBe(404);
  for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip']) {
    expect(await statusWith({ [name]: '192.0.2.1' })).toBe(404);
  }
  // As an nginx without further settings passes on what it is asked.
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /v1/demo HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.\d 404 /);
});
