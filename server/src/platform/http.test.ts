import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { stressService } from '../../test/harness/stress-service.ts';
import { defineError } from './errors.ts';
import { createHealth } from './health.ts';
import { createHttp, createHttpService, type HttpApp, type HttpService } from './http.ts';
import { bodyBytes } from './http-body.ts';
import { decodeCursor, listOf, listQuery, makePage } from './http-lists.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { Service } from './service.ts';

const teapot = defineError('httptest.teapot', { status: 418, title: 'A teapot', advice: 'Order tea.' });

const started: HttpService[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.stop()));
});

interface Running {
  app: HttpApp;
  service: HttpService;
  url: string;
  lines: string[];
}

async function setup(addRoutes: (app: HttpApp) => void, options: { requestTimeoutMs?: number } = {}): Promise<Running> {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({ level: 'debug', destination });
  const health = createHealth(() => undefined);
  const app = await createHttp({ logger, metrics: createMetrics(), health, version: '1.2.3', ...options });
  addRoutes(app);
  const service = createHttpService(app, { host: '127.0.0.1', port: 0, stopTimeoutMs: 5_000 });
  started.push(service);
  await service.start();
  return { app, service, url: service.url(), lines };
}

const Thing = z.strictObject({
  name: z.string().min(1).max(20),
  size: z.number().max(100),
  parts: z
    .array(z.strictObject({ sku: z.string() }))
    .max(3)
    .default([]),
});

function things(app: HttpApp): void {
  app.post('/v1/things', { schema: { body: Thing, response: { 201: Thing } } }, async (request, reply) =>
    reply.code(201).send(request.body),
  );
  app.get('/v1/things/:id', { schema: { params: z.object({ id: z.uuid() }) } }, async (request) => request.params);
  app.get('/v1/things', { schema: { querystring: listQuery } }, async (request) => request.query);
  app.get('/v1/teapot', async () => {
    throw teapot('It is short and stout.', {
      headers: { 'x-tea': 'green' },
      extensions: { handle: 'here', code: 'no' },
    });
  });
  app.get('/v1/mistake', async () => {
    throw new Error('the password is hunter2 at postgres://root:hunter2@db/x');
  });
}

async function send(url: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const init = {
    method: 'POST',
    body: body as NonNullable<RequestInit['body']>,
    headers: { 'content-type': 'application/json', ...headers },
  };
  return problemOf(await fetch(`${url}/v1/things`, init));
}

async function problemOf(response: Response) {
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, type: response.headers.get('content-type'), code: body['code'], body };
}

test.each([
  ['no JSON at all', 'hello', 400, 'request.malformed_json'],
  ['an unfinished document', '{"name":"a"', 400, 'request.malformed_json'],
  ['NaN', '{"name":"a","size":NaN}', 400, 'request.malformed_json'],
  ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 400, 'request.malformed_json'],
  ['a number beyond doubles', '{"name":"a","size":1e400}', 422, 'request.number_out_of_range'],
  ['a number of 16 digits', '{"name":"a","size":1.234567890123456}', 422, 'request.number_out_of_range'],
  ['half a surrogate pair', '{"name":"\\ud800","size":1}', 422, 'request.unstorable_text'],
  ['NUL', '{"name":"a\\u0000","size":1}', 422, 'request.unstorable_text'],
  ['a key twice', '{"name":"a","name":"b","size":1}', 400, 'request.ambiguous_json'],
  ['__proto__', '{"name":"a","size":1,"__proto__":{"admin":true}}', 400, 'request.ambiguous_json'],
  ['a deep nest', '['.repeat(100) + ']'.repeat(100), 400, 'request.too_deep'],
  ['an unknown field', '{"name":"a","size":1,"colour":"red"}', 422, 'request.unknown_field'],
  ['the name of a method as a field', '{"name":"a","size":1,"constructor":{}}', 422, 'request.unknown_field'],
  ['a wrong field', '{"name":"a","size":"big"}', 422, 'request.invalid'],
  ['no body', '', 422, 'request.invalid'],
] as const)('%s is refused with its documented code', async (...row) => {
  const [, body, status, code] = row;
  const { url } = await setup(things);
  const answer = await send(url, body);
  expect(answer).toMatchObject({ status, code, type: 'application/problem+json; charset=utf-8' });
  expect(Object.keys(answer.body).sort()).toEqual(
    ['advice', 'code', 'detail', 'errors', 'requestId', 'status', 'title', 'type'].sort(),
  );
});

test('each wrong field is listed by its path', async () => {
  const { url } = await setup(things);
  const answer = await send(url, '{"name":"","size":1,"parts":[{"sku":"a"},{"sku":5,"extra":1}]}');
  expect(answer.code).toBe('request.invalid');
  const paths = (answer.body['errors'] as { path: string }[]).map(({ path }) => path);
  expect(paths.sort()).toEqual(['name', 'parts[1].extra', 'parts[1].sku']);
});

test('a good request goes through with its number unchanged', async () => {
  const { url } = await setup(things);
  const answer = await send(url, '\ufeff{"name":"ä","size":12.3456789012345}');
  expect(answer).toMatchObject({ status: 201, body: { name: 'ä', size: 12.3456789012345, parts: [] } });
});

test.each([
  2_000_000, 10_000_000,
])('a body of %i bytes is refused as too large, and the client reads why', async (bytes) => {
  const { url } = await setup(things);
  const whole = await send(url, new Uint8Array(bytes));
  expect(whole).toMatchObject({ status: 413, code: 'request.too_large' });
  // Without a length the server notices only while it reads.
  const stream = new Blob([new Uint8Array(bytes)]).stream();
  const init = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'application/json' } };
  const chunked = await problemOf(await fetch(`${url}/v1/things`, init as RequestInit));
  expect(chunked).toMatchObject({ status: 413, code: 'request.too_large' });
});

test('another content type is refused', async () => {
  const { url } = await setup(things);
  expect(await send(url, 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
    status: 415,
    code: 'request.unsupported_media_type',
  });
});

test('a PATCH in another format is told which one is taken', async () => {
  const { url } = await setup((app) => app.patch('/v1/things', async () => 'never'));
  const headers = { 'content-type': 'application/merge-patch+json' };
  const answer = await fetch(`${url}/v1/things`, { method: 'PATCH', headers, body: '{}' });
  expect([answer.status, answer.headers.get('accept-patch')]).toEqual([415, 'application/json']);
});

test('what is not there is 404, also an id of the wrong form; a wrong method is 405 with the right ones', async () => {
  const { url } = await setup(things);
  expect(await problemOf(await fetch(`${url}/v1/nothing`))).toMatchObject({ status: 404, code: 'request.not_found' });
  expect(await problemOf(await fetch(`${url}/v1/things/7`))).toMatchObject({ status: 404, code: 'request.not_found' });
  const response = await fetch(`${url}/v1/things?x=1`, { method: 'DELETE' });
  expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
  expect(await problemOf(response)).toMatchObject({ status: 405, code: 'request.method_not_allowed' });
  expect(await problemOf(await fetch(`${url}/%zz`))).toMatchObject({ status: 400, code: 'request.malformed' });
});

test('a long part of an address is refused, as are unknown and wrong query parameters', async () => {
  const { url } = await setup(things);
  const long = await problemOf(await fetch(`${url}/v1/things/${'x'.repeat(600)}`));
  expect(long).toMatchObject({ status: 414, code: 'request.address_too_long' });
  for (const query of ['limit=0', 'limit=501', 'limit=1.5', 'limit=', 'limit=1&limit=2', 'after=']) {
    expect(await problemOf(await fetch(`${url}/v1/things?${query}`)), query).toMatchObject({ code: 'request.invalid' });
  }
  expect((await problemOf(await fetch(`${url}/v1/things?limit=abc`))).body['detail']).toBe(
    'query.limit: expected number.',
  );
  for (const path of ['/v1/things/%00', '/v1/things?after=a%00']) {
    expect(await problemOf(await fetch(url + path))).toMatchObject({ status: 422, code: 'request.unstorable_text' });
  }
  const unknown = await problemOf(await fetch(`${url}/v1/things?page=2`));
  expect(unknown).toMatchObject({ status: 422, code: 'request.unknown_field' });
  expect(unknown.body['errors']).toEqual([{ path: 'query.page', message: 'is not a known field' }]);
});

test('an error of a slice carries its headers and extensions, which replace no standard member', async () => {
  const { url } = await setup(things);
  const response = await fetch(`${url}/v1/teapot`, { headers: { 'x-request-id': 'till-7' } });
  expect(response.headers.get('x-tea')).toBe('green');
  expect((await problemOf(response)).body).toEqual({
    type: 'urn:tillstream:error:httptest.teapot',
    title: 'A teapot',
    status: 418,
    detail: 'It is short and stout.',
    advice: 'Order tea.',
    code: 'httptest.teapot',
    errors: [],
    handle: 'here',
    requestId: 'till-7',
  });
});

test('a mistake of ours tells the client nothing but the id under which the log has it, without the password', async () => {
  const { url, lines } = await setup(things);
  const answer = await problemOf(await fetch(`${url}/v1/mistake`));
  expect(answer).toMatchObject({ status: 500, code: 'server.internal' });
  expect(JSON.stringify(answer.body)).not.toContain('hunter2');
  const line = lines.find((text) => text.includes('a request failed')) ?? '';
  expect(line).toContain(String(answer.body['requestId']));
  expect(line).toContain('postgres://root:***@db/x');
});

test('a route may take the exact bytes with a limit of its own', async () => {
  const { url } = await setup((app) => {
    const route = { bodyLimit: 4 * 1_048_576, config: { rawBody: Thing } };
    app.post('/v1/raw', route, async (request) => ({ bytes: bodyBytes(request).toString('hex').slice(0, 20) }));
  });
  const post = (body: Uint8Array | string) =>
    fetch(`${url}/v1/raw`, {
      method: 'POST',
      body: body as NonNullable<RequestInit['body']>,
      headers: { 'content-type': 'application/json' },
    });
  expect(await (await post(Uint8Array.of(0x7b, 0xff, 0x00, 0x0a))).json()).toEqual({ bytes: '7bff000a' });
  expect((await post(new Uint8Array(3_000_000))).status).toBe(200);
  expect(await problemOf(await post(new Uint8Array(4_194_305)))).toMatchObject({ code: 'request.too_large' });
  expect(await problemOf(await fetch(`${url}/v1/raw`, { method: 'POST' }))).toMatchObject({
    code: 'request.malformed_json',
  });
});

test('a list is read page by page without a gap, and a foreign cursor is refused', async () => {
  const rows = Array.from({ length: 7 }, (_, index) => ({ id: index + 1 }));
  const { url } = await setup((app) => {
    const schema = { querystring: listQuery, response: { 200: listOf(z.object({ id: z.int() })) } };
    app.get('/v1/rows', { schema }, async ({ query }) => {
      const [after] = decodeCursor('rows', query.after, z.tuple([z.int()])) ?? [0];
      const found = rows.filter(({ id }) => id > after).slice(0, query.limit + 1);
      return makePage(found, query.limit, { list: 'rows', keyOf: ({ id }) => [id] });
    });
  });
  const seen: number[] = [];
  let after: string | null = '';
  for (let pages = 0; after !== null && pages < 10; pages++) {
    const answer = await fetch(`${url}/v1/rows?limit=3${after === '' ? '' : `&after=${after}`}`);
    const page = (await answer.json()) as { items: { id: number }[]; nextCursor: string | null };
    seen.push(...page.items.map(({ id }) => id));
    after = page.nextCursor;
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  for (const cursor of [
    'x',
    Buffer.from('[1,"others",3]').toString('base64url'),
    Buffer.from('[1,"rows","3"]').toString('base64url'),
  ]) {
    expect(await problemOf(await fetch(`${url}/v1/rows?after=${cursor}`))).toMatchObject({
      status: 422,
      code: 'request.invalid_cursor',
    });
  }
});

test('browsers of other sites may call except where a route says no, and pages run no foreign script', async () => {
  const { url } = await setup((app) => {
    things(app);
    app.get('/v1/local', { config: { sameOriginOnly: true } }, async () => ({}));
  });
  const preflight = await fetch(`${url}/v1/things`, {
    method: 'OPTIONS',
    headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  const answer = await fetch(`${url}/v1/things`);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  expect((await fetch(`${url}/v1/local`)).headers.get('access-control-allow-origin')).toBeNull();
  expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'self';/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a request that never completes is answered 408, one whose handler hangs 503', async () => {
  const { url } = await setup(
    (app) => {
      things(app);
      app.get('/v1/hang', () => new Promise(() => undefined));
    },
    { requestTimeoutMs: 1_000 },
  );
  const hanging = fetch(`${url}/v1/hang`);
  const slow = await rawExchange(
    url,
    'POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  );
  expect(slow).toMatch(/^HTTP\/1.1 408 /);
  expect(slow).toContain('"code":"request.timeout"');
  const answer = await hanging;
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(await problemOf(answer)).toMatchObject({ status: 503, code: 'server.timeout' });
});

test('what is not HTTP is answered as a problem too', async () => {
  const { url } = await setup(things);
  expect(await rawExchange(url, 'HELLO\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"request.malformed"/);
  const huge = `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`;
  expect(await rawExchange(url, huge)).toMatch(/^HTTP\/1.1 431 [\s\S]*"code":"request.headers_too_large"/);
});

/** Sends text on a socket of its own and reads until the server closes it. */
function rawExchange(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('what is logged is ours: Fastify says nothing of its own when it listens', async () => {
  const { lines, url } = await setup(things);
  expect(lines).toEqual([]);
  await fetch(`${url}/v1/things/1`);
  await vi.waitFor(() => expect(lines.join()).toContain('answered'));
});

test('the HTTP server keeps the contract of a service', async () => {
  const listening = new Map<Service, HttpApp>();
  const create = async () => {
    const logger = createLogger({ level: 'silent' });
    const app = await createHttp({ logger, metrics: createMetrics(), health: createHealth(() => undefined) });
    const service = createHttpService(app, { host: '127.0.0.1', port: 0, stopTimeoutMs: 1_000 });
    listening.set(service, app);
    return service;
  };
  await stressService({ create, isRunning: (service) => listening.get(service)?.server.listening ?? true, rounds: 1 });
});

test('metrics count by route pattern, never by address', async () => {
  const { url } = await setup(things);
  for (const path of ['/v1/things/1', '/v1/things/2', '/v1/nothing/3', '/v1/teapot']) await fetch(`${url}${path}`);
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain('tillstream_http_request_duration_seconds_count{route="GET /v1/things/:id",status="4xx"} 2');
  expect(text).toContain('tillstream_http_request_duration_seconds_count{route="other",status="4xx"} 1');
  expect(text).not.toContain('/v1/nothing');
});

test('openapi.json is made of the schemas, the raw body and the errors of each route', async () => {
  const { url } = await setup((app) => {
    things(app);
    app.post(
      '/v1/raw',
      { schema: { response: { 200: Thing } }, config: { rawBody: Thing, errors: [teapot] } },
      async () => ({
        name: 'a',
        size: 1,
        parts: [],
      }),
    );
  });
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    openapi: string;
    info: object;
    paths: Record<string, Record<string, { requestBody: object; responses: Record<string, { content: object }> }>>;
  };
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  expect(Object.keys(document.paths)).toEqual([
    '/v1/things',
    '/v1/things/{id}',
    '/v1/teapot',
    '/v1/mistake',
    '/v1/raw',
  ]);
  const raw = document.paths['/v1/raw']?.['post'];
  expect(raw?.requestBody).toMatchObject({
    content: { 'application/json': { schema: { required: ['name', 'size'] } } },
  });
  expect(raw?.responses['418']).toMatchObject({ description: '`httptest.teapot`: A teapot' });
  expect(Object.keys(raw?.responses['default']?.content ?? {})).toEqual(['application/problem+json']);
});
