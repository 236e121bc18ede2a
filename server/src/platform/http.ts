// The HTTP server that every slice hangs its routes on. One zod schema per part of a route is its validation, its type
// and its entry in openapi.json; what goes wrong anywhere is answered as a problem with a documented code.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Health } from './health.ts';
import { acceptJsonBodies, bodyBytesMax } from './http-body.ts';
import { serveDocs } from './http-docs.ts';
import { refuseWhileStopping } from './http-drain.ts';
import { unstorableText } from './http-errors.ts';
import { setHeaders } from './http-headers.ts';
import { measureRequests, serveOperations } from './http-operations.ts';
import { answerBrokenConnection, answerProblems, sendProblem, toAppError } from './http-problem.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { createService, type Service } from './service.ts';

/** What a slice's routes.ts gets: Fastify with the types of zod schemas. */
export type HttpApp = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

export interface HttpOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  /** Longest time for a request to arrive, and again for its answer to be made, in ms. */
  readonly requestTimeoutMs?: number;
  /** What openapi.json gives as its version. */
  readonly version?: string;
}

// Balancers keep idle connections for 60 s; ours must outlive theirs, or they send into one that has just closed.
const keepAliveMs = 72_000;
const headersMs = 10_000;

/**
 * Makes the server with its operations and documentation routes; slices add theirs before it listens. A route:
 *
 *     app.post('/v1/things', {
 *       schema: { tags: ['things'], summary: '…', body: NewThing, response: { 201: Thing } },
 *       config: { errors: [thingExists] },
 *     }, async (request, reply) => reply.code(201).send(await addThing(deps, request.body)));
 */
export async function createHttp(options: HttpOptions): Promise<HttpApp> {
  const requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
  const base = fastify({
    // A child, whose level is its own (see listen, below).
    loggerInstance: options.logger.child({}) as FastifyBaseLogger,
    // Answers are logged by measureRequests, one line each.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    handlerTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveMs,
    // How often Node looks for requests that are late; its own 30 s would make any shorter time-out meaningless.
    http: { headersTimeout: Math.min(headersMs, requestTimeoutMs), connectionsCheckingInterval: 1_000 },
    routerOptions: { maxParamLength: 512 },
    // While stopping, what still arrives gets our own answer (below).
    return503OnClosing: false,
    genReqId: requestId,
    clientErrorHandler: answerBrokenConnection,
    frameworkErrors: (error, request, reply) => {
      sendProblem(request, reply, toAppError(error));
    },
  });
  const app: HttpApp = base.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  setHeaders(base);
  refuseWhileStopping(base);
  refuseNulInAddresses(base);
  acceptJsonBodies(base);
  measureRequests(base, options.metrics);
  answerProblems(base);
  await serveDocs(base, options.version ?? '0.0.0');
  serveOperations(base, options);
  return app;
}

// A caller's own id is kept, so that a request can be followed through several systems; odd ones could forge log lines.
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

// PostgreSQL takes NUL in no text; in an address it would otherwise reach a query and come back as our mistake.
function refuseNulInAddresses(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.url.includes('%00')) throw unstorableText('The address holds the character NUL ("%00").');
  });
}

export interface HttpService extends Service {
  /** Where it listens, e.g. `http://127.0.0.1:8787`; once started. */
  url(): string;
}

/** Fastify logs each address that it listens on; whoever starts the server says it in words of his own. */
async function listen(app: HttpApp, { host, port }: { host: string; port: number }): Promise<string> {
  const { level } = app.log;
  app.log.level = 'warn';
  try {
    return await app.listen({ host, port });
  } finally {
    app.log.level = level;
  }
}

/** Listens when started. Stopping takes no new requests, finishes those in flight, and after `stopTimeoutMs` cuts them. */
export function createHttpService(
  app: HttpApp,
  options: { readonly host: string; readonly port: number; readonly stopTimeoutMs: number },
): HttpService {
  let url: string | null = null;
  const service = createService({
    name: 'http',
    start: async () => {
      url = await listen(app, options);
    },
    stop: async () => {
      const timer = setInterval(() => app.server.closeAllConnections(), options.stopTimeoutMs);
      await app.finishRequests();
      await app.close();
      clearInterval(timer);
    },
  });
  return {
    ...service,
    url() {
      if (url === null) throw new Error('The HTTP server does not listen yet');
      return url;
    },
  };
}
