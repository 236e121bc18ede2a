// How a request's body becomes a value: JSON through parseJsonExact, or the bytes themselves where a route asks for them.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodType } from 'zod';
import type { ErrorFactory } from './errors.ts';
import { malformedJson, unsupportedMediaType } from './http-errors.ts';
import { jsonRefusal } from './json-refusal.ts';
import { parseJsonExact } from './parse-json-exact.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The route takes the body as the bytes that were sent (`bodyBytes`), unparsed. The schema is only documentation:
     * it goes into openapi.json, and checking is the route's own. Set `bodyLimit` beside it where 1 MiB is too little.
     */
    rawBody?: ZodType;
    /** Bytes of a raw body are taken whatever they are said to be: who sends them cannot be told to say it otherwise. */
    anyContentType?: true;
    /** What the route refuses with, besides the errors that any route has; goes into openapi.json. */
    errors?: readonly ErrorFactory[];
  }
}

/** Bytes of a body unless the route says otherwise. */
export const bodyBytesMax = 1_048_576;

export function acceptJsonBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      throw unsupportedMediaType(`The body is sent as ${encoding}; send it as it is, without Content-Encoding.`);
    }
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (request.routeOptions.config.rawBody !== undefined) return done(null, body);
    // Clients give every request the content type, also those without a body; the schema says whether one is needed.
    if (body.length === 0) return done(null, undefined);
    const parsed = parseJsonExact(body);
    if (parsed.ok) done(null, parsed.value);
    else done(jsonRefusal(parsed.problem));
  });
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (request.routeOptions.config.anyContentType === true) return done(null, body);
    // RFC 5789, 2.2. Not merge-patch+json: an object within a body is replaced as a whole, which that format forbids.
    const headers = request.method === 'PATCH' ? { 'accept-patch': 'application/json' } : {};
    done(unsupportedMediaType('The body must be application/json.', { headers }));
  });
}

/** The body of a route with `config.rawBody`, byte for byte; throws `request.malformed_json` where there is none. */
export function bodyBytes(request: FastifyRequest): Buffer {
  if (!Buffer.isBuffer(request.body)) throw malformedJson('The request has no body.');
  return request.body;
}
