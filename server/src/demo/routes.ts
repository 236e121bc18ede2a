// GET /v1/demo: how to sign in to the demo, for the dashboard on the same machine. The answer holds keys, so it is given
// only to loopback, by address and by Host: a page elsewhere that resolves its own name to 127.0.0.1 gets nothing, nor
// does who comes through a proxy on this machine.
import type { FastifyRequest } from 'fastify';
import type { HttpApp } from '../platform/http.ts';
import { notFound } from '../platform/http-errors.ts';
import { type DemoFacts, demoFacts } from './demo-file.ts';

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);
const loopbackPeers = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** `facts` answers null as long as there is no demo. */
export function addDemoRoutes(app: HttpApp, facts: () => DemoFacts | null): void {
  app.get(
    '/v1/demo',
    {
      schema: { tags: ['demo'], summary: 'How to sign in to the demo', response: { 200: demoFacts } },
      config: { public: true, sameOriginOnly: true },
    },
    async (request) => {
      const present = facts();
      if (!present || !isLocal(request)) throw notFound('There is no demo here.');
      return present;
    },
  );
}

/** What proxies add to a request. An old nginx adds none of it by itself, but speaks HTTP/1.0, as no browser does. */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

function isLocal(request: FastifyRequest): boolean {
  if (request.raw.httpVersion === '1.0' || proxyHeaders.some((name) => name in request.headers)) return false;
  const host = request.headers.host?.replace(/:\d+$/, '').toLowerCase() ?? '';
  return loopbackPeers.has(request.socket.remoteAddress ?? '') && loopbackHosts.has(host);
}
