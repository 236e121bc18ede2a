import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { refusedWith } from '../test/refused-with.ts';
import { createTillstream } from './create-tillstream.ts';
import { TillstreamError } from './tillstream-error.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A real server on a free port that answers as told: what a proxy or a broken server may send cannot be had from ours. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const refusalOf = (call: Promise<unknown>) => refusedWith(TillstreamError, call);

test('a problem document arrives as a TillstreamError with all its fields', async () => {
  const url = await serve((_, response) => {
    response.writeHead(422, { 'content-type': 'application/problem+json' });
    response.end(
      JSON.stringify({
        type: 'about:blank',
        title: 'Unprocessable',
        status: 422,
        code: 'pos.credentials_incomplete',
        detail: 'This server speaks custom tills only.',
        advice: 'Register a custom till.',
        errors: [{ path: 'systemType', message: 'must be custom' }],
        requestId: 'req-1',
      }),
    );
  });
  const call = createTillstream({ url }).registerPOSSystem({ locationId: 'l', systemType: 'square' });
  const error = await refusalOf(call);
  expect(error).toMatchObject({
    code: 'pos.credentials_incomplete',
    status: 422,
    detail: 'This server speaks custom tills only.',
    advice: 'Register a custom till.',
    errors: [{ path: 'systemType', message: 'must be custom' }],
    requestId: 'req-1',
    isTemporary: false,
  });
});

test('an overloaded server says when to come back', async () => {
  const url = await serve((_, response) => {
    response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '2' });
    response.end(JSON.stringify({ status: 503, code: 'platform.busy', detail: 'Too many sales are waiting.' }));
  });
  const error = await refusalOf(createTillstream({ url }).recordSales('p', []));
  expect(error).toMatchObject({ retryAfterSeconds: 2, isTemporary: true });
});

test.for([
  { sent: '<html>Bad gateway</html>', status: 502, code: 'client.unexplained' },
  { sent: '', status: 500, code: 'client.unexplained' },
  { sent: '[1]', status: 404, code: 'client.unexplained' },
  { sent: '<html>Welcome to the airport</html>', status: 200, code: 'client.unreadable' },
])('an answer that is not ours ($status, "$sent") is a TillstreamError too', async ({ sent, status, code }) => {
  const url = await serve((_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end(sent);
  });
  expect(await refusalOf(createTillstream({ url }).me())).toMatchObject({ code });
});

test('no server, no answer in time and no token are told apart', async () => {
  const silent = await serve(() => undefined);
  expect(await refusalOf(createTillstream({ url: 'http://127.0.0.1:1' }).me())).toMatchObject({
    code: 'client.unreachable',
    status: 0,
    isTemporary: true,
  });
  const timeoutMs = 20;
  expect(await refusalOf(createTillstream({ url: silent, timeoutMs }).me())).toMatchObject({ code: 'client.timeout' });
  const accessToken = () => Promise.reject(new Error('signed out'));
  expect(await refusalOf(createTillstream({ url: silent, accessToken }).me())).toMatchObject({
    code: 'client.no_token',
  });
});

test('the token is asked for anew before each request, and goes before the key', async () => {
  const seen: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"items":[],"nextCursor":null}');
  });
  let issued = 0;
  const person = createTillstream({ url, apiKey: 'tsk_a_b', accessToken: async () => `token-${++issued}` });
  await person.listLocations();
  await person.listLocations({ limit: 5 });
  await createTillstream({ url, apiKey: 'tsk_a_b' }).listLocations();
  expect(seen).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer tsk_a_b']);
});

test('ids and cursors are escaped, and a path prefix of a proxy is kept', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"items":[],"nextCursor":null}');
  });
  await createTillstream({ url: `${url}/tills/` }).listTransactions('a/b', { after: 'x&y=z', limit: 500 });
  expect(asked).toEqual(['/tills/v1/locations/a%2Fb/transactions?after=x%26y%3Dz&limit=500']);
});
