// Broadcasts by HTTP, at the addresses that clients of the original derive from their socket's: below `/realtime/v1` for
// supabase-js, at the root for a bare realtime-js.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../platform/errors.ts';
import type { HttpApp } from '../../platform/http.ts';
import { malformedJson, tooDeep } from '../../platform/http-errors.ts';
import { toAppError } from '../../platform/http-problem.ts';
import { isNestedDeeper } from '../../platform/json-depth.ts';
import type { BroadcastDesk } from './broadcast-desk.ts';
import {
  batchTooLarge,
  credentialMissing,
  invalidBroadcast,
  payloadTooLarge,
  tooManyBroadcasts,
  topicForbidden,
} from './errors.ts';
import { jsonDepthMax } from './limits.ts';
import { broadcastBatch, broadcastParams, broadcastQuery } from './schema.ts';

const prefixes = ['/realtime/v1/api/broadcast', '/api/broadcast'];
const errors = [batchTooLarge, credentialMissing, invalidBroadcast, payloadTooLarge, tooManyBroadcasts, topicForbidden];
const accepted = { 202: z.undefined().describe('Sent to whoever listens at this moment.') };
const tags = ['realtime'];

export function addRealtimeRoutes(app: HttpApp, desk: BroadcastDesk): void {
  for (const prefix of prefixes) {
    app.register(async (scope) => {
      takeBodies(scope);
      speakLikeTheOriginal(scope);
      addBroadcasts(scope.withTypeProvider(), { desk, prefix });
    });
  }
}

function addBroadcasts(app: HttpApp, { desk, prefix }: { desk: BroadcastDesk; prefix: string }): void {
  app.post(
    prefix,
    {
      schema: { tags, summary: 'Broadcast messages', body: broadcastBatch, response: accepted },
      config: { errors, idempotency: 'natural' },
    },
    async (request, reply) => {
      const messages = request.body.messages.map(({ private: isPrivate = false, ...message }) => {
        return { ...message, payload: message.payload, isPrivate };
      });
      await desk.post(credentialOf(request), messages);
      return reply.code(202).send();
    },
  );
  app.post(
    `${prefix}/:topic/events/:event`,
    {
      schema: {
        tags,
        summary: 'Broadcast one message, JSON or raw bytes',
        params: broadcastParams,
        querystring: broadcastQuery,
        response: accepted,
      },
      config: { errors, idempotency: 'natural' },
    },
    async (request, reply) => {
      const { params, query, body } = request;
      if (wantsStorage(query)) throw invalidBroadcast('Broadcasts are not stored; leave "persist" out.');
      await desk.post(credentialOf(request), [{ ...params, payload: body, isPrivate: query.private ?? false }]);
      return reply.code(202).send();
    },
  );
}

/** `persist=true`, or `persist[ttl]=60`, as clients write it. */
function wantsStorage(query: Record<string, unknown>): boolean {
  const { persist = 'false' } = query;
  return persist !== 'false' || Object.keys(query).some((name) => name.startsWith('persist['));
}

/**
 * Payloads are passed on and never computed with, so any JSON will do here, also figures with more digits than the rest
 * of the server takes; and bytes are bytes.
 */
function takeBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    if (isNestedDeeper(body, jsonDepthMax)) {
      done(tooDeep(`The body is nested more than ${jsonDepthMax} deep.`));
      return;
    }
    try {
      done(null, JSON.parse(body.toString('utf8')));
    } catch {
      done(malformedJson('The body is not JSON.'));
    }
  });
  scope.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    done(null, body);
  });
}

/** Clients show their user the answer's `message`; what it says is the problem's detail. */
function speakLikeTheOriginal(scope: FastifyInstance): void {
  scope.setErrorHandler((thrown) => {
    const { definition, detail, errors: fields, headers, extensions, cause } = toAppError(thrown);
    const problem = { errors: fields, headers, extensions: { ...extensions, message: detail }, cause };
    throw new AppError(definition, detail, problem);
  });
}

/** supabase-js sends its key or token as a bearer; realtime-js without a token sends only the key, as `apikey`. */
function credentialOf({ headers }: FastifyRequest): string | null {
  const [, bearer] = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  const { apikey } = headers;
  return bearer ?? (typeof apikey === 'string' && apikey !== '' ? apikey : null);
}
