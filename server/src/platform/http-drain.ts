// How the HTTP server ends: what is in flight is finished, what still arrives is refused unread and can be sent again
// elsewhere, and meanwhile a balancer that asks learns that this node is stopping.
import { finished } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { serverUnavailable } from './http-errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route tells of the server itself, and so goes on answering while that stops. */
    answersWhileStopping?: boolean;
  }
  interface FastifyInstance {
    /** From now on refuses requests; resolves when none is in flight any more. It still listens: `close()` comes after. */
    finishRequests(): Promise<void>;
  }
}

export function refuseWhileStopping(app: FastifyInstance): void {
  let isStopping = false;
  let inFlight = 0;
  const idle = Promise.withResolvers<void>();
  const settleWhenIdle = () => {
    if (isStopping && inFlight === 0) idle.resolve();
  };
  app.decorate('finishRequests', () => {
    isStopping = true;
    settleWhenIdle();
    return idle.promise;
  });
  // Also where somebody closes the server without having finished.
  app.addHook('preClose', async () => {
    isStopping = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.answersWhileStopping === true) return;
    if (isStopping) throw serverUnavailable('The server is stopping.');
    inFlight += 1;
    // Answered, or its connection broken.
    finished(reply.raw, () => {
      inFlight -= 1;
      settleWhenIdle();
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping) reply.header('connection', 'close');
  });
}
