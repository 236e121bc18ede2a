// Turns whatever was thrown into one problem+json answer, so that a client has a single shape to read: our own refusals,
// what the schemas refuse, what Fastify and Node refuse before any route, and our mistakes.
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AppError, type ErrorFactory } from './errors.ts';
import {
  addressTooLong,
  bodyTooLarge,
  databaseLost,
  handlerTimeout,
  headersTooLarge,
  internalError,
  malformedRequest,
  methodNotAllowed,
  notFound,
  requestTimeout,
  unsupportedMediaType,
} from './http-errors.ts';
import { isConnectionLost } from './postgres-errors.ts';
import { validationRefusal } from './validation-refusal.ts';

const contentType = 'application/problem+json; charset=utf-8';

// What Fastify refuses by itself, in our words.
const frameworkErrors: Readonly<Record<string, { make: ErrorFactory; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { make: bodyTooLarge, detail: 'The body has more bytes than this route takes.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { make: unsupportedMediaType, detail: 'The body must be application/json.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    make: malformedRequest,
    detail: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_BAD_URL: { make: malformedRequest, detail: 'The path has a malformed percent escape.' },
  FST_ERR_MAX_PARAM_LENGTH: { make: addressTooLong, detail: 'A part of the path is longer than any id.' },
  FST_ERR_HANDLER_TIMEOUT: { make: handlerTimeout, detail: 'The answer was not ready in time.' },
};

/** The refusal that a thrown value means; anything unknown is `server.internal`, whose cause only the log has. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (!(error instanceof Error))
    return internalError('Something went wrong here; it has been logged.', { cause: error });
  if (hasZodFastifySchemaValidationErrors(error)) return validationRefusal(error);
  if (isConnectionLost(error)) return databaseLost('The database did not answer.', { cause: error });
  const { code = '', statusCode } = error as Partial<FastifyError>;
  const known = frameworkErrors[code];
  if (known !== undefined) return known.make(known.detail, { cause: error });
  // A body whose stream broke off: the client went away, or a proxy cut it.
  if (statusCode === 400) return malformedRequest('The body ended before it was complete.', { cause: error });
  return internalError('Something went wrong here; it has been logged.', { cause: error });
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: AppError): FastifyReply {
  if (error.status === 503 && error.headers['retry-after'] === undefined) reply.header('retry-after', '1');
  return reply
    .code(error.status)
    .headers(error.headers)
    .header('content-type', contentType)
    .send(JSON.stringify(error.toProblem(request.id)));
}

export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((thrown, request, reply) => {
    let error = toAppError(thrown);
    // Fastify's time for an answer begins with the request; while the body still comes in, it is the client who is late.
    if (handlerTimeout.is(error) && !request.raw.complete) {
      error = requestTimeout('The body did not arrive in time.', { headers: { connection: 'close' } });
    }
    if (error.status === 500 || databaseLost.is(error)) request.log.error({ err: thrown }, 'a request failed');
    // The rest of a body that is too large is read and dropped: closing on a client that still writes would reset its
    // connection before it has read why.
    if (bodyTooLarge.is(error)) return afterDiscarding(request).then(() => sendProblem(request, reply, error));
    return sendProblem(request, reply, error);
  });
  const methods = collectMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.allowed(request.url);
    if (allowed.length === 0) return sendProblem(request, reply, notFound('There is no such address.'));
    const allow = allowed.join(', ');
    const detail = `${request.method} is not possible here; possible are ${allow}.`;
    return sendProblem(request, reply, methodNotAllowed(detail, { headers: { allow } }));
  });
}

const discardBytesMax = 64 * 1_048_576;
const discardMs = 5_000;

function afterDiscarding(request: FastifyRequest): Promise<void> {
  return new Promise((resolve) => {
    const { raw } = request;
    if (raw.complete || raw.destroyed) return resolve();
    let leftBytes = discardBytesMax;
    const timer = setTimeout(finish, discardMs);
    function finish(): void {
      clearTimeout(timer);
      raw.off('data', count).off('end', finish).off('close', finish);
      resolve();
    }
    function count(chunk: Buffer): void {
      leftBytes -= chunk.length;
      if (leftBytes < 0) finish();
    }
    raw.on('data', count).on('end', finish).on('close', finish).resume();
  });
}

// Fastify answers 404 where only the method is wrong, and has no look-up by address alone; so the patterns are kept here
// and compared a segment at a time. Only requests that match no route come this way.
function collectMethods(app: FastifyInstance): { allowed(url: string): string[] } {
  const routes: { segments: string[]; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    // A pattern that takes everything (the dashboard's files) says nothing about an address of the API.
    if (!url.includes('*')) routes.push({ segments: url.split('/'), methods: [method].flat() });
  });
  return {
    allowed(url) {
      const segments = (url.split('?', 1)[0] ?? '').split('/');
      const matching = routes.filter(
        (route) =>
          route.segments.length === segments.length &&
          route.segments.every((segment, index) => segment.startsWith(':') || segment === segments[index]),
      );
      return [...new Set(matching.flatMap(({ methods }) => methods))].sort();
    },
  };
}

/** Answers what Node could not even parse as a request; there is no reply object, only the socket. */
export function answerBrokenConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = brokenRequest(error);
  const body = JSON.stringify(refusal.toProblem(''));
  socket.end(
    `HTTP/1.1 ${refusal.status} ${refusal.definition.title}\r\nContent-Type: ${contentType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function brokenRequest(error: NodeJS.ErrnoException): AppError {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout('The request was not complete in time.');
  if (error.code === 'HPE_HEADER_OVERFLOW') return headersTooLarge('The headers have more than 16 KiB.');
  return malformedRequest('The connection did not carry a proper HTTP request.');
}
