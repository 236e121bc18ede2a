// Checks 22 and 23: broadcasts without a socket, by the client's own fallback and by hand.
import { describe, expect, test } from 'vitest';
import { type Listener, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { makeKey, makePerson } from '../live-gateway.ts';

const { checks, listen, join } = useLiveGateway({
  limits: { broadcastBytesMax: 1_000, httpMessagesMax: 5, httpMessagesPerSecondMax: 20 },
});

const heardBy = ({ broadcasts }: Listener) => broadcasts.map(({ event, payload }) => [event, payload]);

async function hear(listener: Listener, event: string): Promise<void> {
  await listener.signal.until(`"${event}"`, () => listener.broadcasts.some((each) => each.event === event));
}

interface Sent {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

function post({ path = '', headers = {}, body }: Sent): Promise<Response> {
  // Each test has the allowance to itself.
  checks.live.clock.advance(10_000);
  return fetch(`${checks.live.url}/realtime/v1/api/broadcast${path}`, {
    method: 'POST',
    headers: { apikey: checks.brandKey, 'content-type': 'application/json', ...headers },
    body: body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body),
  });
}

const batch = (...messages: object[]) => post({ body: { messages } });

describe.each(versions)('serializer %s', (vsn) => {
  const room = (topic: string, isPrivate = false) =>
    join({ vsn, topic, token: () => checks.brandKey, config: { private: isPrivate } });

  test('22: a batch is answered 202 and heard where each message belongs', async () => {
    const [open, closed] = [await room('post'), await room('post', true)];
    const answer = await batch(
      { topic: 'post', event: 'a', payload: { n: 0.8444218515250481 } },
      { topic: 'post', event: 'b', payload: {}, private: true },
      { topic: 'nobody is there', event: 'c', payload: {} },
      { topic: 'post', event: 'd' },
    );
    expect([answer.status, await answer.text()]).toEqual([202, '']);
    await Promise.all([hear(open, 'd'), hear(closed, 'b')]);
    expect(heardBy(open)).toEqual([
      ['a', { n: 0.8444218515250481 }],
      ['d', {}],
    ]);
    expect(heardBy(closed)).toEqual([['b', {}]]);
  });

  test('22: one message is answered 202: JSON, bytes, a topic and an event of any characters', async () => {
    const topic = 'a/b é%😀?';
    const [open, closed] = [await room(topic), await room(topic, true)];
    const own = listen({ vsn, topic, client: (await room('elsewhere')).client, token: () => checks.brandKey });
    expect(await open.channel.httpSend('größe/1', { text: 'ü' })).toEqual({ success: true });
    expect(await closed.channel.httpSend('private', [1, 2])).toEqual({ success: true });
    expect(await own.channel.httpSend('bytes', new Uint8Array([1, 0, 255]))).toEqual({ success: true });
    expect(await open.channel.httpSend('end', {})).toEqual({ success: true });
    await Promise.all([hear(open, 'end'), hear(closed, 'private')]);
    // Bytes do not exist in 1.0.0.
    const bytes = open.broadcasts.find(({ event }) => event === 'bytes')?.payload;
    if (vsn === '2.0.0') expect(new Uint8Array(bytes as ArrayBuffer)).toEqual(new Uint8Array([1, 0, 255]));
    else expect(bytes).toBeUndefined();
    expect(heardBy(open).filter(([event]) => event !== 'bytes')).toEqual([
      ['größe/1', { text: 'ü' }],
      ['end', {}],
    ]);
    expect(heardBy(closed)).toEqual([['private', [1, 2]]]);
  });

  test('22: what is refused is said in the words that the client shows', async () => {
    const { foreign } = checks.ground;
    const talk = await room('refusals');
    const denied = listen({ vsn, topic: `location:${foreign.locationId}`, client: talk.client });
    await expect(denied.channel.httpSend('x', {})).rejects.toThrow(/Unauthorized: You do not have permissions/);
    await expect(talk.channel.httpSend('x', { text: 'x'.repeat(1_000) })).rejects.toThrow(
      /Payload size exceeds the limit/,
    );
    await expect(talk.channel.httpSend('x'.repeat(256), {})).rejects.toThrow(/event/);
  });

  test('23: send() before the join goes by HTTP and is heard', async () => {
    const other = await room('early');
    const client = (await room('unrelated')).client;
    const channel = client.channel('early');
    expect(await channel.send({ type: 'broadcast', event: 'early', payload: { n: 1 } })).toBe('ok');
    await hear(other, 'early');
    expect(heardBy(other)).toEqual([['early', { n: 1 }]]);
  });
});

describe('22: the answers', () => {
  test.each<[string, Partial<Sent>, number, string]>([
    ['no credential', { headers: { apikey: '' } }, 401, 'realtime.credential_missing'],
    ['a bad key', { headers: { apikey: 'tsk_x' } }, 401, 'identity.invalid_key'],
    [
      'no credential, with nothing to say',
      { headers: { apikey: '' }, body: { messages: [] } },
      401,
      'realtime.credential_missing',
    ],
    [
      'a bad key, with nothing to say',
      { headers: { apikey: 'tsk_x' }, body: { messages: [] } },
      401,
      'identity.invalid_key',
    ],
    ['a wish to be stored', { path: '/t/events/x?persist=true', body: {} }, 422, 'realtime.invalid_broadcast'],
    ['one for a time', { path: '/t/events/x?persist%5Bttl%5D=60', body: {} }, 422, 'realtime.invalid_broadcast'],
    ['a bad token', { headers: { authorization: 'Bearer x.y.z' } }, 401, 'identity.invalid_token'],
    ['a body that is no batch', { body: { messages: 7 } }, 422, 'request.invalid'],
    ['an empty topic', { body: { messages: [{ topic: '', event: 'x', payload: {} }] } }, 422, 'request.invalid'],
    ['another type', { headers: { 'content-type': 'text/plain' } }, 415, 'request.unsupported_media_type'],
    [
      'too many',
      { body: { messages: Array(6).fill({ topic: 't', event: 'x', payload: {} }) } },
      422,
      'realtime.batch_too_large',
    ],
    [
      'a name that is too long',
      { body: { messages: [{ topic: 'é'.repeat(124), event: 'x', payload: {} }] } },
      422,
      'realtime.invalid_broadcast',
    ],
    [
      'too large',
      { body: { messages: [{ topic: 't', event: 'x', payload: { t: 'x'.repeat(1_000) } }] } },
      413,
      'realtime.payload_too_large',
    ],
  ])('%s', async (...[, sent, status, code]) => {
    const answer = await post({ body: { messages: [{ topic: 't', event: 'x', payload: {} }] }, ...sent });
    const problem = (await answer.json()) as Record<string, unknown>;
    expect([answer.status, problem['code']]).toEqual([status, code]);
    expect(problem['message']).toBe(problem['detail']);
  });

  test.each([
    ['a batch', '', (deep: string) => `{"messages":[{"topic":"t","event":"x","payload":${deep}}]}`],
    ['one message', '/t/events/x', (deep: string) => deep],
  ])('%s that is nested too deep is refused', async (_, path, bodyOf) => {
    const send = (depth: number) =>
      fetch(`${checks.live.url}/realtime/v1/api/broadcast${path}`, {
        method: 'POST',
        headers: { apikey: checks.brandKey, 'content-type': 'application/json' },
        body: bodyOf(`${'{"0":'.repeat(depth)}1${'}'.repeat(depth)}`),
      });
    const answer = await send(5_000);
    expect(await answer.json()).toMatchObject({ status: 400, code: 'request.too_deep' });
    expect((await send(50)).status).toBe(202);
  });

  test('one message that is refused keeps the whole batch back', async () => {
    const { own, foreign } = checks.ground;
    const { key } = await makeKey(checks.live, checks.ground.brand, { locationIds: [own.locationId] });
    const listener = await join({ vsn: '2.0.0', topic: `location:${own.locationId}` });
    const say = (locationId: string, event: string) => ({ topic: `location:${locationId}`, event, payload: {} });
    const send = (...messages: object[]) => post({ headers: { apikey: key }, body: { messages } });
    const answer = await send(say(own.locationId, 'first'), say(foreign.locationId, 'second'));
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      403,
      'realtime.topic_forbidden',
    ]);
    expect((await send(say(own.locationId, 'alone'))).status).toBe(202);
    await hear(listener, 'alone');
    expect(heardBy(listener)).toEqual([['alone', {}]]);
  });

  test('more a second than allowed is 429 with Retry-After, for that key alone, and passes', async () => {
    const { key } = await makeKey(checks.live, checks.ground.brand);
    const message = { topic: 't', event: 'x', payload: {} };
    // Without the pause that `post` makes.
    const send = (apikey: string) =>
      fetch(`${checks.live.url}/api/broadcast`, {
        method: 'POST',
        headers: { apikey, 'content-type': 'application/json' },
        body: JSON.stringify({ messages: Array(5).fill(message) }),
      });
    const answers = [];
    for (let n = 0; n < 9; n++) answers.push(await send(key));
    expect(answers.map(({ status }) => status)).toEqual([...Array(8).fill(202), 429]);
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('1');
    expect(await answers.at(-1)?.json()).toMatchObject({ message: 'You have exceeded your rate limit.' });
    expect((await send(checks.brandKey)).status).toBe(202);
    checks.live.clock.advance(1_000);
    expect((await send(key)).status).toBe(202);
  });

  test('a person speaks by token, whatever key comes along; query parameters are let through', async () => {
    const { own } = checks.ground;
    const person = await makePerson(checks.live, { role: 'staff', locationId: own.locationId });
    const listener = await join({ vsn: '2.0.0', topic: `user:${person.userId}`, token: () => person.token });
    const path = `/user%3A${person.userId}/events/note?apikey=${checks.brandKey}&vsn=2.0.0&other=x`;
    const headers = { authorization: `Bearer ${person.token}` };
    expect((await post({ path, headers, body: { mine: true } })).status).toBe(202);
    expect((await post({ path, body: {} })).status).toBe(403);
    await hear(listener, 'note');
    expect(heardBy(listener)).toEqual([['note', { mine: true }]]);
  });

  test('browsers of other sites may ask and read', async () => {
    const preflight = await fetch(`${checks.live.url}/realtime/v1/api/broadcast`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'apikey,authorization,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    for (const name of ['apikey', 'authorization', 'content-type']) {
      expect(preflight.headers.get('access-control-allow-headers')).toContain(name);
    }
    expect((await batch()).headers.get('access-control-allow-origin')).toBe('*');
  });
});
