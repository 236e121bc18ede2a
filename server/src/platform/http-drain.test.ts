import { expect, onTestFinished, test } from 'vitest';
import { createHealth } from './health.ts';
import { createHttp, createHttpService, type HttpApp, type HttpService } from './http.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

async function start(addRoutes: (app: HttpApp) => void): Promise<{ url: string; service: HttpService }> {
  const logger = createLogger({ level: 'silent' });
  const app = await createHttp({ logger, metrics: createMetrics(), health: createHealth(() => undefined) });
  addRoutes(app);
  const service = createHttpService(app, { host: '127.0.0.1', port: 0, stopTimeoutMs: 5_000 });
  onTestFinished(() => service.stop());
  await service.start();
  return { url: service.url(), service };
}

test('stopping finishes the request in flight, closes its connection and refuses the next one', async () => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const { url, service } = await start((app) => {
    app.get('/v1/slow', async () => {
      arrived.resolve();
      await release.promise;
      return { done: true };
    });
  });
  const inFlight = fetch(`${url}/v1/slow`);
  await arrived.promise;
  const stopped = service.stop();
  const refused = await fetch(`${url}/v1/slow`);
  expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close']);
  expect(await refused.json()).toMatchObject({ code: 'server.unavailable', detail: 'The server is stopping.' });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  release.resolve();
  const answer = await inFlight;
  expect(await answer.json()).toEqual({ done: true });
  expect(answer.headers.get('connection')).toBe('close');
  await stopped;
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

test('a caller that goes away in the middle does not hold up the stop', async () => {
  const arrived = Promise.withResolvers<void>();
  const { url, service } = await start((app) => {
    app.get('/v1/endless', () => {
      arrived.resolve();
      return new Promise(() => undefined);
    });
  });
  const caller = new AbortController();
  const inFlight = fetch(`${url}/v1/endless`, { signal: caller.signal });
  await arrived.promise;
  const stopped = service.stop();
  caller.abort();
  await expect(inFlight).rejects.toThrow();
  await stopped;
});
