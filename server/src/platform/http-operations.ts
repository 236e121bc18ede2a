// The routes for those who run the server: is it up, should it get requests, and its figures.
import type { FastifyInstance } from 'fastify';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

export function serveOperations(app: FastifyInstance, parts: { health: Health; metrics: Metrics }): void {
  const { health, metrics } = parts;
  const config = { answersWhileStopping: true };
  // Up as long as it answers: a failing database must not make an orchestrator restart the process.
  app.get('/healthz', { schema: { hide: true }, config }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema: { hide: true }, config }, async (_request, reply) => {
    const { ready, checks } = await health.readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks });
  });
  app.get('/metrics', { schema: { hide: true }, config }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
}

const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Times each answer under the pattern of its route, never under the address, which holds ids. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  const routes = new Set<string>(['other']);
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) routes.add(`${name} ${url}`);
  });
  app.addHook('onReady', async () => {
    const duration = metrics.histogram({
      name: 'tillstream_http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer.',
      labels: { route: [...routes], status: statusClasses },
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    });
    observe = (route, status, seconds) => duration.observe({ route, status }, seconds);
  });
  let observe: (route: string, status: (typeof statusClasses)[number], seconds: number) => void = () => undefined;
  app.addHook('onResponse', async (request, reply) => {
    const { url } = request.routeOptions;
    const status = statusClasses[Math.floor(reply.statusCode / 100) - 1] ?? '5xx';
    observe(url === undefined ? 'other' : `${request.method} ${url}`, status, reply.elapsedTime / 1_000);
    request.log.debug(
      { method: request.method, route: url, status: reply.statusCode, ms: reply.elapsedTime },
      'answered',
    );
  });
}
