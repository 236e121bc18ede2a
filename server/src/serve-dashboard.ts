// Serves the built dashboard at /: its files by their hashed names, and its page for every address that is not the API's.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { HttpApp } from './platform/http.ts';
import { notFound } from './platform/http-errors.ts';

const builtDashboard = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url));

const yearSeconds = 31_536_000;

/** Registers the page; without a build its address answers what to do. */
export async function serveDashboard(app: HttpApp): Promise<void> {
  if (!existsSync(builtDashboard)) {
    app.get('/', { schema: { hide: true } }, () => {
      throw notFound('The dashboard is not built here: `npm start` builds it, or `npm run -w dashboard build`.');
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: builtDashboard,
    // The files carry a hash of their content in their names; the page itself is asked for anew each time.
    setHeaders: (reply, path) => {
      const immutable = path.includes('/assets/');
      reply.header('cache-control', immutable ? `public, max-age=${yearSeconds}, immutable` : 'no-cache');
    },
  });
}
