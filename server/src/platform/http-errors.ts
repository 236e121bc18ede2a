// The refusals that any route can answer with, before a slice has seen the request.
import { defineError } from './errors.ts';

export const malformedJson = defineError('request.malformed_json', {
  status: 400,
  title: 'The body is not JSON',
  advice: 'Send one JSON document encoded as UTF-8; `detail` names the byte at which it breaks.',
});

export const ambiguousJson = defineError('request.ambiguous_json', {
  status: 400,
  title: 'The body has a key twice, or one that is not allowed',
  advice:
    'Give each object every key once, and none called `__proto__`; programs differ in what they make of such a body.',
});

export const tooDeep = defineError('request.too_deep', {
  status: 400,
  title: 'The body is nested too deep',
  advice: 'Send the shape that openapi.json describes; nothing in it needs more than a few levels.',
});

export const numberOutOfRange = defineError('request.number_out_of_range', {
  status: 422,
  title: 'A number cannot be kept exactly',
  advice:
    'Send numbers of at most 15 significant digits, or decimal strings where the field takes them. More digits are ' +
    'refused because most programs would round them silently.',
});

export const unstorableText = defineError('request.unstorable_text', {
  status: 422,
  title: 'A text holds a character that cannot be stored',
  advice:
    'Remove NUL characters and halves of surrogate pairs; they usually come from text that was cut in the middle.',
});

export const invalidRequest = defineError('request.invalid', {
  status: 422,
  title: 'The request does not have the shape of this route',
  advice: 'Correct the fields that `errors` lists; openapi.json has the shape of each route.',
});

export const unknownField = defineError('request.unknown_field', {
  status: 422,
  title: 'The request has a field that this route does not know',
  advice: 'Remove or rename the fields that `errors` lists; a misspelt field is refused rather than ignored.',
});

export const invalidCursor = defineError('request.invalid_cursor', {
  status: 422,
  title: 'The cursor is not one of this list',
  advice: 'Pass `nextCursor` of the last answer as `after`, unchanged and to the same route, or start without it.',
});

export const bodyTooLarge = defineError('request.too_large', {
  status: 413,
  title: 'The body is larger than this route takes',
  advice: 'Send less at once: bodies have at most 1 MiB, those of the sales route 4 MiB.',
});

export const unsupportedMediaType = defineError('request.unsupported_media_type', {
  status: 415,
  title: 'The body has a content type that is not taken',
  advice: 'Send JSON with `Content-Type: application/json`.',
});

export const malformedRequest = defineError('request.malformed', {
  status: 400,
  title: 'The request is not proper HTTP',
  advice: 'Check the address, the headers and the content length; a proxy in between may have changed them.',
});

export const headersTooLarge = defineError('request.headers_too_large', {
  status: 431,
  title: 'The headers of the request are too large',
  advice: 'Send less than 16 KiB of headers; cookies of other programs on the same host are a common cause.',
});

export const addressTooLong = defineError('request.address_too_long', {
  status: 414,
  title: 'A part of the address is too long',
  advice: 'Use the ids as they were given; nothing in an address is longer than a few hundred characters.',
});

export const notFound = defineError('request.not_found', {
  status: 404,
  title: 'There is nothing at this address',
  advice:
    'Check the path against openapi.json; an id that has the wrong form is answered like one that does not exist.',
});

export const methodNotAllowed = defineError('request.method_not_allowed', {
  status: 405,
  title: 'This address does not take the method',
  advice: 'Use one of the methods that the `Allow` header lists.',
});

export const requestTimeout = defineError('request.timeout', {
  status: 408,
  title: 'The request did not arrive in time',
  advice: 'Send the request again; if that fails too, send smaller bodies or look for what slows the connection.',
});

export const handlerTimeout = defineError('server.timeout', {
  status: 503,
  title: 'The answer took too long',
  advice:
    'Send the request again after the time in `Retry-After`. It may have been carried out; sales may be sent twice.',
});

export const serverUnavailable = defineError('server.unavailable', {
  status: 503,
  title: 'The server cannot take the request now',
  advice: 'Send the request again after the time in `Retry-After`; it was not carried out.',
});

export const databaseLost = defineError('server.database_lost', {
  status: 503,
  title: 'The server has lost its database for the moment',
  advice:
    'Send the request again after the time in `Retry-After`. It may have been carried out: an Idempotency-Key makes that ' +
    'safe for any request, and sales may be sent twice without one.',
});

export const internalError = defineError('server.internal', {
  status: 500,
  title: 'The server made a mistake',
  advice: 'Report it with the `requestId`, under which the log has the cause. It is safe to send sales again.',
});
