// What no well-behaved client does, over a bare WebSocket; and how sockets and the gateway itself end.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { createSignal } from '../../../test/flow/signal.ts';
import { closeReasons } from './limits.ts';
import {
  type Ground,
  type LiveGateway,
  layGround,
  makeKey,
  makePerson,
  openLiveGateway,
  saleEvent,
} from './test/live-gateway.ts';
import { connectRaw, type RawClient } from './test/raw-client.ts';
import { storedEvent } from './test/stored-event.ts';

const limits = { channelsPerSocketMax: 3, bindingsPerChannelMax: 4, messagesPerSecondMax: 50, socketsMax: 4 };
const sales = { event: '*', schema: 'public', table: 'pos_transactions' };
let live: LiveGateway;
let ground: Ground;
let key: string;

beforeAll(async () => {
  live = await openLiveGateway({ ...limits, queueBytesMax: 200_000, closeMs: 2_000 });
  ground = await layGround(live);
  key = (await makeKey(live, ground.brand)).key;
});

afterAll(async () => {
  expect(live.failures).toEqual([]);
  await live.close();
});

async function withClient(work: (client: RawClient) => Promise<void>, query = `vsn=2.0.0&apikey=${key}`) {
  const client = await connectRaw(`ws://127.0.0.1:${live.port}/socket/websocket?${query}`);
  await work(client);
  client.webSocket.close();
  await client.closed;
}

function join(client: RawClient, topic: string, { ref = '1', changes = [sales] as object[], payload = {} } = {}) {
  client.say({
    joinRef: ref,
    ref,
    topic,
    event: 'phx_join',
    payload: { config: { postgres_changes: changes }, ...payload },
  });
  return client.reply(ref);
}

describe('the handshake', () => {
  test.each(['/realtime/v1/websocket', '/socket/websocket', '/websocket'])('is taken at %s', async (path) => {
    const client = await connectRaw(
      `ws://127.0.0.1:${live.port}${path}?apikey=${key}&log_level=info&eventsPerSecond=10`,
    );
    client.sendText('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}');
    expect(await client.reply('1')).toMatchObject({ topic: 'phoenix', payload: { status: 'ok', response: {} } });
    client.webSocket.close();
    await client.closed;
  });

  test('is refused elsewhere, and beyond the number of sockets', async () => {
    expect(await upgrade('/elsewhere')).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[\s\S]*\{"error":"There is no WebSocket/);
    const clients = await Promise.all(
      Array.from({ length: limits.socketsMax }, () =>
        connectRaw(`ws://127.0.0.1:${live.port}/websocket?apikey=${key}`),
      ),
    );
    expect(await upgrade(`/websocket?apikey=${key}`)).toMatch(
      /^HTTP\/1\.1 429 [\s\S]*Retry-After: 5[\s\S]*Too many connected users/,
    );
    for (const client of clients) client.webSocket.close();
    await Promise.all(clients.map((client) => client.closed));
  });

  test('without any key is refused', async () => {
    expect(await upgrade('/websocket')).toMatch(/^HTTP\/1\.1 401 [\s\S]*\{"error":"API key is missing"\}$/);
  });

  test('may carry the key as a header, which goes before the query', async () => {
    const client = await connectRaw(`ws://127.0.0.1:${live.port}/websocket?vsn=2.0.0&apikey=tsk_bad`, {
      'x-api-key': key,
    });
    expect((await join(client, 'realtime:room')).payload).toMatchObject({ status: 'ok' });
    client.webSocket.close();
    await client.closed;
  });
});

describe('messages', () => {
  test('that are none cost nothing but themselves', () =>
    withClient(async (client) => {
      for (const text of ['', '{', '[]', '[1,2,3]', 'null', '{"topic":"t"}', '[null,null,7,"e",{}]']) {
        client.sendText(text);
      }
      client.webSocket.send(Buffer.from([0, 1, 2, 3]));
      client.webSocket.send(Buffer.from([3, 255]));
      expect(await join(client, 'realtime:fine')).toMatchObject({ payload: { status: 'ok' } });
    }));

  test('to a topic that was not joined, or unknown ones, are refused by their ref', () =>
    withClient(async (client) => {
      client.say({ ref: '5', topic: 'realtime:nowhere', event: 'access_token' });
      expect((await client.reply('5')).payload).toEqual({ status: 'error', response: { reason: 'unmatched topic' } });
      client.say({ ref: '6', topic: 'realtime:nowhere', event: 'phx_leave' });
      expect((await client.reply('6')).payload).toEqual({ status: 'ok', response: {} });
      await join(client, 'realtime:here');
      client.say({ joinRef: '1', ref: '7', topic: 'realtime:here', event: 'dance' });
      expect((await client.reply('7')).payload).toMatchObject({ status: 'error' });
    }));

  test('over the frame limit end the socket with 1009', async () => {
    const client = await connectRaw(`ws://127.0.0.1:${live.port}/websocket?apikey=${key}`);
    client.sendText('x'.repeat(1_048_577));
    expect((await client.closed).code).toBe(1009);
  });

  test('in a flood end the socket with 1008 and a reason', async () => {
    const client = await connectRaw(`ws://127.0.0.1:${live.port}/websocket?apikey=${key}`);
    for (let n = 0; n <= 2 * limits.messagesPerSecondMax; n++) client.sendText('{}');
    expect(await client.closed).toEqual({ code: 1008, reason: 'too many messages or bytes a second; slow down' });
  });
});

test('a message that the server itself fails at costs its socket, and nobody else theirs', () =>
  withClient(async (other) => {
    const client = await connectRaw(`ws://127.0.0.1:${live.port}/websocket?vsn=2.0.0&apikey=${key}`);
    await join(client, 'realtime:fails');
    const failure = new Error('a carrier that throws, which it must not');
    live.carrier.publish = () => {
      throw failure;
    };
    client.say({ joinRef: '1', topic: 'realtime:fails', event: 'broadcast', payload: { event: 'x', payload: {} } });
    expect(await client.closed).toEqual(closeReasons.failed);
    live.carrier.publish = () => undefined;
    // Reported, once for the message.
    expect(live.failures.splice(0)).toEqual([failure]);
    expect(await join(other, 'realtime:fails')).toMatchObject({ payload: { status: 'ok' } });
  }));

describe('joins', () => {
  test('are refused with a reason, and the socket lives on', () =>
    withClient(async (client) => {
      const reasonOf = async (topic: string, options: object) => {
        const { payload } = await join(client, topic, options);
        return (payload as { response: { reason: string } }).response.reason;
      };
      expect(await reasonOf('realtime:', { ref: '1' })).toMatch(/^TopicNameRequired: /);
      expect(await reasonOf('room', { ref: '2' })).toMatch(/^TopicNameRequired: /);
      expect(await reasonOf(`realtime:${'é'.repeat(124)}`, { ref: '3' })).toMatch(/^TopicTooLong: /);
      expect(await reasonOf('realtime:a', { ref: '4', changes: Array(5).fill(sales) })).toMatch(/^TooManyBindings: /);
      expect(await reasonOf('realtime:a', { ref: '5', payload: { access_token: 'no.jwt.here' } })).toMatch(
        /^identity\.invalid_token: /,
      );
      const waits = {
        postgres_changes: [{ ...sales, filter: 'colour=eq.red' }],
        postgres_changes_options: { wait: true },
      };
      expect(await reasonOf('realtime:a', { ref: '6', payload: { config: waits } })).toMatch(
        /^RealtimeDisabledForConfiguration: .*invalid column for filter colour$/,
      );
      for (const ref of ['7', '8', '9']) await join(client, `realtime:${ref}`, { ref });
      expect(await reasonOf('realtime:one more', { ref: '10' })).toBe('ChannelRateLimitReached: Too many channels');
      expect(live.gateway.statistics.channels).toBe(3);
    }));

  test('with a key that may not join are refused', async () => {
    const till = await makeKey(live, ground.brand, { scopes: ['sales:write'] });
    await withClient(async (client) => {
      const reply = await join(client, 'realtime:room');
      expect(JSON.stringify(reply.payload)).toContain('identity.forbidden: The credential may not join the live feed');
    }, `vsn=2.0.0&apikey=${till.key}`);
  });

  test('echo every binding unchanged and in order, with ids that last over a rejoin', () =>
    withClient(async (client) => {
      const changes = [
        { event: 'INSERT', schema: 'public', table: 'pos_transactions', filter: '', extra: { kept: true } },
        { event: 'insert', schema: 'public' },
        { event: '*', schema: 'nowhere', table: 'x', filter: 'broken' },
        { event: '*', schema: 'public', table: 'inventory_items', select: ['current_stock'] },
      ];
      const idsOf = async (ref: string) => {
        const { payload } = await join(client, 'realtime:echo', { ref, changes });
        const { postgres_changes: echo } = (payload as { response: { postgres_changes: { id: number }[] } }).response;
        expect(echo.map(({ id: _, ...asked }) => asked)).toEqual(changes);
        return echo.map(({ id }) => id);
      };
      const ids = await idsOf('1');
      expect(new Set(ids).size).toBe(4);
      expect(ids.every((id) => id > 0)).toBe(true);
      expect(await idsOf('2')).toEqual(ids);
    }));

  test('of a topic that is joined replace it, and what speaks of the old join is ignored', () =>
    withClient(async (client) => {
      await join(client, 'realtime:twice', { ref: '1' });
      await join(client, 'realtime:twice', { ref: '2' });
      const close = await client.hear('the close of the first', ({ event }) => event === 'phx_close');
      expect([close.joinRef, close.ref]).toEqual(['1', '1']);
      client.say({ joinRef: '1', ref: '3', topic: 'realtime:twice', event: 'phx_leave' });
      client.say({ joinRef: '1', topic: 'realtime:twice', event: 'access_token', payload: { access_token: 'junk' } });
      expect((await client.reply('3')).payload).toEqual({ status: 'ok', response: {} });
      await live.append(saleEvent(ground.own, 'still here'));
      const isChange = ({ event }: { event: string }) => event === 'postgres_changes';
      await client.hear('the sale', isChange);
      expect(client.received.filter(isChange)).toHaveLength(1);
      client.say({ joinRef: '2', ref: '4', topic: 'realtime:twice', event: 'phx_leave' });
      const left = await client.hear('the close', ({ event, joinRef }) => event === 'phx_close' && joinRef === '2');
      expect(left.ref).toBe('2');
      expect(live.gateway.statistics.channels).toBe(0);
    }));

  test('are answered before anything that happens after them is told', () =>
    withClient(async (client) => {
      const { own } = ground;
      const written = live.append(...Array.from({ length: 20 }, (_, n) => saleEvent(own, `during ${n}`)));
      await join(client, 'realtime:order', { changes: [{ ...sales, filter: `location_id=eq.${own.locationId}` }] });
      await written;
      await live.append(saleEvent(own, 'after'));
      await client.hear('the last sale', ({ payload }) => JSON.stringify(payload).includes('"after"'));
      expect(client.received[0]?.event).toBe('phx_reply');
    }));
});

test('rights that change while a join is being decided count for that join', () =>
  withClient(async (client) => {
    const { own } = ground;
    const { token, userId } = await makePerson(live, { role: 'staff', locationId: own.locationId });
    const [membership] = await live.database.rows<{ id: string }>('select id from memberships where user_id = $1', [
      userId,
    ]);
    // The membership goes behind identity's back, so that what it remembers is what the join is decided upon.
    await join(client, 'realtime:early', { ref: '1', payload: { access_token: token } });
    await live.database.rows('delete from memberships where id = $1', [membership?.id]);
    const joined = join(client, 'realtime:late', { ref: '2', payload: { access_token: token } });
    await live.append({
      type: 'access.changed',
      owner: own,
      entityId: userId,
      operation: 'DELETE',
      record: null,
      changeData: { subjectKind: 'user', subjectId: userId, change: 'revoked' },
      sourceSystem: 'api',
      timestamp: live.clock.now(),
    });
    await joined;
    const ended = (topic: string) =>
      client.received.some(
        (message) => message.topic === topic && JSON.stringify(message.payload).includes('identity.forbidden'),
      );
    await client.hear('the end of both', () => ended('realtime:early') && ended('realtime:late'));
    expect(live.gateway.statistics.channels).toBe(0);
  }));

test('a client that does not read is closed at the bound, and the others hear everything', async () => {
  const { own } = ground;
  const slow = await connectSlow();
  const before = await metric('tillstream_realtime_sockets_closed_total{reason="slow"}');
  await withClient(async (client) => {
    await join(client, 'realtime:reads', { changes: [{ schema: 'public', table: 'sync_events' }] });
    const isChange = ({ event }: { event: string }) => event === 'postgres_changes';
    const isClosed = async () => (await metric('tillstream_realtime_sockets_closed_total{reason="slow"}')) > before;
    let sent = 0;
    // Kernel buffers take some megabytes before anything waits here, so how many it takes is theirs to say.
    while (!(await isClosed())) {
      const sale = { ...saleEvent(own, `${sent++}`), metadata: { ballast: 'x'.repeat(150_000) } };
      await live.append(sale);
      await client.hear('the sale', () => client.received.filter(isChange).length >= sent);
      expect(sent).toBeLessThan(500);
    }
    expect(client.received.filter(isChange)).toHaveLength(sent);
  });
  slow.resume();
  const [code, reason] = (await once(slow, 'close')) as [number, Buffer];
  expect([code, String(reason)]).toEqual([closeReasons.slow.code, closeReasons.slow.reason]);
  // What waited is thrown away: a queue that outlives its socket would be the leak that the bound is there to prevent.
  expect(await metric('tillstream_realtime_queue_bytes')).toBe(0);
});

test('a client that takes nothing for half a minute is closed, however little it is owed', async () => {
  const slow = await connectSlow();
  const before = await metric('tillstream_realtime_sockets_closed_total{reason="slow"}');
  // Handed over one by one, so that it is known how much is owed: none may be on its way when the queue begins to fill.
  const owed = (ballast: number) =>
    live.publish(storedEvent({ franchise_id: ground.own.franchiseId, metadata: { ballast: 'x'.repeat(ballast) } }));
  while ((await metric('tillstream_realtime_queue_bytes')) === 0) owed(66_000);
  live.clock.advance(29_000);
  owed(10);
  expect(await metric('tillstream_realtime_sockets_closed_total{reason="slow"}')).toBe(before);
  live.clock.advance(1_000);
  const closed = once(slow, 'close');
  await expect.poll(() => metric('tillstream_realtime_sockets_closed_total{reason="slow"}')).toBe(before + 1);
  slow.resume();
  expect((await closed)[0]).toBe(closeReasons.slow.code);
});

test('a socket without any sign of life is closed, a pinging one is not', async () => {
  const quiet = await connectRaw(`ws://127.0.0.1:${live.port}/websocket?apikey=${key}`);
  const pinging = await connectRaw(`ws://127.0.0.1:${live.port}/websocket?vsn=2.0.0&apikey=${key}`);
  await join(pinging, 'realtime:pinging');
  live.clock.advance(40_000);
  pinging.webSocket.ping();
  await once(pinging.webSocket, 'pong');
  live.clock.advance(30_000);
  expect(await quiet.closed).toEqual({ code: 1001, reason: 'no heartbeat arrived in time; reconnect' });
  expect(pinging.webSocket.readyState).toBe(pinging.webSocket.OPEN);
  pinging.webSocket.close();
  await pinging.closed;
});

test('a stopping gateway sends what is owed, says 1012, cuts who does not answer and refuses who comes', async () => {
  const own = await openLiveGateway({ closeMs: 500 });
  const place = await layGround(own);
  const { key: ownKey } = await makeKey(own, place.brand);
  const client = await connectRaw(`ws://127.0.0.1:${own.port}/websocket?vsn=2.0.0&apikey=${ownKey}`);
  await join(client, 'realtime:until the end');
  const [stubborn] = await openSocket(own.port, `/websocket?apikey=${ownKey}`);
  const frozen = createSignal();
  stubborn.on('close', () => frozen.ring());
  const stopped = own.gateway.stop();
  expect(await upgrade(`/websocket?apikey=${ownKey}`, '', own.port)).toMatch(
    /^HTTP\/1\.1 503 [\s\S]*Realtime is restarting/,
  );
  expect(await client.closed).toEqual({ code: 1012, reason: 'the server is restarting; reconnect' });
  await stopped;
  await frozen.until('the cut', () => stubborn.closed);
  expect(own.gateway.statistics).toMatchObject({ sockets: 0, channels: 0 });
  expect(own.failures).toEqual([]);
  await own.close();
});

async function metric(name: string): Promise<number> {
  const line = (await live.metrics.render()).split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length) ?? 0);
}

/** A joined client whose socket is never read. */
async function connectSlow(): Promise<WebSocket> {
  const client = await connectRaw(`ws://127.0.0.1:${live.port}/websocket?vsn=2.0.0&apikey=${key}`);
  await join(client, 'realtime:slow', { changes: [{ schema: 'public', table: 'sync_events' }] });
  client.webSocket.pause();
  return client.webSocket;
}

/** An upgrade by hand: the socket and the head of the answer. */
async function openSocket(port: number, path: string, header = ''): Promise<[Socket, string]> {
  const socket = connect(port, '127.0.0.1');
  const lines = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', header];
  socket.write(
    `GET ${path} HTTP/1.1\r\n${lines.filter(Boolean).join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  return [socket, String(head)];
}

async function upgrade(path: string, header = '', port = live.port): Promise<string> {
  const [socket, head] = await openSocket(port, path, header);
  socket.destroy();
  return head;
}
