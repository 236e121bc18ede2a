// Checks 1, 2, 28, 29, 40 and 42: reaching the server, living through silence and broken sockets, and nonsense on the wire.
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Frame } from '../frame-proxy.ts';
import { expectSteps, makeClient, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { makeKey, saleEvent } from '../live-gateway.ts';
import { connectRaw } from '../raw-client.ts';

const { checks, listen, join, proxy: openProxy } = useLiveGateway();

class KeylessSocket extends WebSocket {
  constructor(address: string) {
    super(address.replace(/apikey=[^&]*&?/, ''));
  }
}

describe.each(versions)('serializer %s', (vsn) => {
  test.each([
    'realtime/v1',
    'socket',
    '',
  ])('1: the address …/%s/websocket is served, with any parameters', async (path) => {
    const { RealtimeClient } = await import('@supabase/realtime-js');
    const address = `ws://127.0.0.1:${checks.live.port}/${path}`.replace(/\/$/, '');
    const client = new RealtimeClient(address, {
      vsn,
      params: { apikey: checks.brandKey, eventsPerSecond: 10, log_level: 'info' },
    });
    const joined = new Promise((resolve) => client.channel('room').subscribe(resolve));
    expect(await joined).toBe('SUBSCRIBED');
    await client.disconnect();
  });

  test('2: without a key the handshake is 401, told once as CHANNEL_ERROR and tried again', async () => {
    const attempts: number[] = [];
    const transport = class extends KeylessSocket {
      constructor(address: string) {
        super(address);
        attempts.push(performance.now());
        this.on('close', () => listener.signal.ring());
      }
    };
    const listener = listen({ vsn, topic: 'keyless', realtime: { transport: transport as never } });
    await listener.signal.until('a third attempt', () => attempts.length >= 3);
    expectSteps(attempts, [1_000, 2_000]);
    expect(listener.statuses).toHaveLength(1);
    expect(listener.statuses[0]).toMatch(/^CHANNEL_ERROR/);
  });

  test('2: a bad key is told what is wrong with it, and tried again on schedule', async () => {
    const listener = listen({ vsn, topic: 'bad', apiKey: 'tsk_nothing' });
    const at: number[] = [];
    for (const times of [1, 2, 3]) {
      await listener.status('CHANNEL_ERROR', times);
      at.push(performance.now());
    }
    expectSteps(at, [1_000, 2_000]);
    const reason = /^CHANNEL_ERROR: identity\.invalid_key: The API key is not of the form/;
    expect(listener.statuses.every((status) => reason.test(status))).toBe(true);
  });

  test('28: heartbeats are answered, and a server that falls silent is left with 1000 and found again', async () => {
    const proxy = await openProxy();
    const beats: string[] = [];
    const listener = await join({
      vsn,
      url: proxy.url,
      topic: 'beats',
      realtime: { heartbeatIntervalMs: 200, heartbeatCallback: (status) => beats.push(status) },
    });
    await proxy.signal.until('answered heartbeats', () => beats.filter((beat) => beat === 'ok').length >= 2);
    proxy.hold(() => true);
    await listener.status('CHANNEL_ERROR');
    expect(listener.statuses.at(-1)).toMatch(/heartbeat timeout/);
    await proxy.signal.until('the close', () => proxy.closeCodes.length > 0);
    expect(proxy.closeCodes).toEqual([1000]);
    proxy.release();
    await listener.status('SUBSCRIBED', 2);
    expect(beats).toContain('timeout');
  });

  test('29: after a close with whatever code every channel is back at the first attempt', async () => {
    const timesMs = await Promise.all([1000, 1001, 1006, 1012, 4001].map(comeBackAfter));
    // The client makes its attempt after one second. They share the machine with whatever else runs on it, so it is the
    // best of them that says what the server needs.
    expect(Math.min(...timesMs)).toBeLessThan(2_000);
  });

  /** Resolves to the time in ms that it took until both channels were joined again. */
  async function comeBackAfter(code: number): Promise<number> {
    const proxy = await openProxy();
    const [one, two] = [`one ${code}`, `two ${code}`];
    const { key: former } = await makeKey(checks.live, checks.ground.brand);
    const { key: newest } = await makeKey(checks.live, checks.ground.brand);
    let token = former;
    const wishes = [{ table: 'pos_transactions' }];
    const first = await join({ vsn, url: proxy.url, topic: one, token: () => token, wishes });
    const second = await join({ vsn, topic: two, client: first.client });
    token = newest;
    await second.client.realtime.setAuth();
    const joins = proxy.toServer.length;
    const endedAt = performance.now();
    proxy.end(code);
    await Promise.all([first.status('SUBSCRIBED', 2), second.status('SUBSCRIBED', 2)]);
    const backAfterMs = performance.now() - endedAt;
    // The client makes it after a second.
    expect(proxy.addresses).toHaveLength(2);
    const rejoins = proxy.toServer.slice(joins).filter(({ text }) => text.includes('phx_join'));
    expect(rejoins).toHaveLength(2);
    // The newest token comes along, and that alone; a key counts as one.
    expect(rejoins.every(({ text }) => text.includes(newest) && !text.includes(former))).toBe(true);
    await checks.live.append(saleEvent(checks.ground.own, `after ${code}`));
    await first.sale(`after ${code}`);
    return backAfterMs;
  }

  test('40: nonsense on the wire costs nothing but itself', async () => {
    const query = `vsn=${vsn}&apikey=${checks.brandKey}`;
    const client = await connectRaw(`ws://127.0.0.1:${checks.live.port}/socket/websocket?${query}`);
    const say = (topic: string, event: string, ref: string | null) =>
      client.sendText(
        vsn === '2.0.0'
          ? JSON.stringify([null, ref, topic, event, {}])
          : JSON.stringify({ topic, event, payload: {}, ref }),
      );
    for (const text of ['', '{', 'null', '7', '[]', '[1,2]', '{"event":"x"}', '[null,null,{},"e",{}]', '"text"']) {
      client.sendText(text);
    }
    for (const bytes of [[], [0, 1, 2, 3], [3], [3, 255, 255], [4, 0, 0, 0, 0], [9]]) {
      client.webSocket.send(Buffer.from(bytes));
    }
    say('realtime:nowhere', 'broadcast', '1');
    say('realtime:nowhere', 'broadcast', null);
    say('elsewhere', 'dance', '2');
    for (const ref of ['1', '2']) {
      expect((await client.reply(ref)).payload).toEqual({ status: 'error', response: { reason: 'unmatched topic' } });
    }
    say('phoenix', 'heartbeat', '3');
    expect((await client.reply('3')).payload).toEqual({ status: 'ok', response: {} });
    expect(client.received).toHaveLength(3);
    client.webSocket.close();
    await client.closed;
  });

  test('40: what is nested so deep that it would end the stack is refused alone, whoever sends it', async () => {
    const deep = `${'{"0":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    const say = (ref: string, [topic, event, payload]: readonly [string, string, string]) =>
      vsn === '2.0.0'
        ? `["1","${ref}","${topic}","${event}",${payload}]`
        : `{"join_ref":"1","ref":"${ref}","topic":"${topic}","event":"${event}","payload":${payload}}`;
    const config = (wish: string) => `{"config":{"postgres_changes":[{"table":"pos_transactions",${wish}}]}}`;
    // With a key and without a good one, joined and not.
    for (const apiKey of [checks.brandKey, 'nobody']) {
      const query = `vsn=${vsn}&apikey=${apiKey}`;
      const client = await connectRaw(`ws://127.0.0.1:${checks.live.port}/socket/websocket?${query}`);
      client.sendText(say('1', ['realtime:deep', 'phx_join', '{"config":{}}']));
      await client.reply('1');
      const said: [string, string, string][] = [
        ['realtime:other', 'phx_join', config(`"select":${deep}`)],
        ['realtime:other', 'phx_join', config(`"extra":${deep}`)],
        ['realtime:other', 'phx_join', `{"config":{"private":true,"broadcast":{"replay":${deep}}}}`],
        ['realtime:deep', 'broadcast', `{"type":"broadcast","event":"x","payload":${deep}}`],
        ['realtime:deep', 'presence', `{"type":"presence","event":"track","payload":${deep}}`],
        ['realtime:deep', 'access_token', `{"access_token":${deep}}`],
        ['phoenix', 'heartbeat', deep],
      ];
      for (const [at, message] of said.entries()) {
        client.sendText(say(`deep ${at}`, message));
        expect((await client.reply(`deep ${at}`)).payload).toEqual({
          status: 'error',
          response: { reason: 'InvalidMessage: a message is nested at most 100 deep' },
        });
      }
      client.sendText(deep);
      client.sendText(say('end', ['phoenix', 'heartbeat', '{}']));
      expect((await client.reply('end')).payload).toEqual({ status: 'ok', response: {} });
      client.webSocket.close();
      await client.closed;
    }
  });

  test('40: bytes that are no text end the socket, and a frame of the largest size is an ordinary one', async () => {
    const address = `ws://127.0.0.1:${checks.live.port}/socket/websocket?vsn=${vsn}&apikey=${checks.brandKey}`;
    const broken = await connectRaw(address);
    broken.webSocket.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
    // RFC 6455, section 8.1: the only answer there is.
    expect((await broken.closed).code).toBe(1007);
    const large = await connectRaw(address);
    const payload = { config: {}, ballast: 'x'.repeat(1_040_000) };
    large.sendText(
      JSON.stringify(
        vsn === '2.0.0'
          ? ['1', '1', 'realtime:large', 'phx_join', payload]
          : { join_ref: '1', ref: '1', topic: 'realtime:large', event: 'phx_join', payload },
      ),
    );
    expect((await large.reply('1')).payload).toMatchObject({ status: 'ok' });
    large.webSocket.close();
    await large.closed;
  });

  test('42: what speaks of a join that is over is ignored, on both sides', async () => {
    const proxy = await openProxy();
    const listener = await join({ vsn, url: proxy.url, topic: 'stale', wishes: [{ table: 'pos_transactions' }] });
    const joinRef = joinRefOf(proxy.toServer);
    const stale = String(Number(joinRef) - 1);
    // A late close and a late error of an earlier join: by join_ref in 2.0.0, by ref in 1.0.0.
    for (const event of ['phx_close', 'phx_error']) {
      proxy.forge(
        vsn === '2.0.0'
          ? JSON.stringify([stale, stale, 'realtime:stale', event, {}])
          : JSON.stringify({ topic: 'realtime:stale', event, payload: {}, ref: stale }),
      );
    }
    const query = `vsn=${vsn}&apikey=${checks.brandKey}`;
    await checks.live.append(saleEvent(checks.ground.own, 'still'));
    expect(await listener.sale('still')).toEqual(['still']);
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
    // And towards the server, which is spoken to by hand.
    const raw = await connectRaw(`ws://127.0.0.1:${checks.live.port}/socket/websocket?${query}`);
    const say = ([joinRefSaid, ref]: [string, string], event: string, payload: object = {}) =>
      raw.sendText(
        vsn === '2.0.0'
          ? JSON.stringify([joinRefSaid, ref, 'realtime:raw', event, payload])
          : JSON.stringify({ topic: 'realtime:raw', event, payload, ref, join_ref: joinRefSaid }),
      );
    say(['1', '1'], 'phx_join', { config: {} });
    await raw.reply('1');
    say(['2', '2'], 'phx_join', { config: {} });
    await raw.reply('2');
    say(['1', '3'], 'phx_leave');
    say(['1', '4'], 'broadcast', { type: 'broadcast', event: 'x', payload: {} });
    say(['1', '5'], 'access_token', { access_token: 'nonsense' });
    await raw.reply('3');
    say(['2', '6'], 'presence', { type: 'presence', event: 'track', payload: {} });
    expect((await raw.reply('6')).payload).toEqual({ status: 'ok', response: {} });
    expect(checks.live.gateway.statistics.channels).toBe(2);
    raw.webSocket.close();
    await raw.closed;
  });
});

test('40: a binary frame whose content is nested too deep, or is not what it says, is refused by its ref', async () => {
  const client = await connectRaw(`ws://127.0.0.1:${checks.live.port}/websocket?vsn=2.0.0&apikey=${checks.brandKey}`);
  const topic = 'realtime:bytes';
  client.say({ joinRef: '1', ref: '1', topic, event: 'phx_join' });
  await client.reply('1');
  const push = (ref: string, metadata: string, content: string) =>
    Buffer.concat([
      Buffer.from([3, 1, ref.length, topic.length, 1, metadata.length, 1]),
      Buffer.from(`1${ref}${topic}x${metadata}${content}`),
    ]);
  const reasons: [string, string, string][] = [
    ['', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'InvalidMessage: a message is nested at most 100 deep'],
    ['', '', 'InvalidMessage: the content is not JSON'],
    ['[1]', '{}', 'InvalidMessage: the metadata is not a JSON object'],
  ];
  for (const [at, [metadata, content, reason]] of reasons.entries()) {
    client.webSocket.send(push(`b${at}`, metadata, content));
    expect((await client.reply(`b${at}`)).payload).toEqual({ status: 'error', response: { reason } });
  }
  client.webSocket.close();
  await client.closed;
});

test('1: without vsn the serializer is 1.0.0', async () => {
  const client = await connectRaw(`ws://127.0.0.1:${checks.live.port}/websocket?apikey=${checks.brandKey}`);
  client.sendText('{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}');
  expect((await client.reply('1')).payload).toEqual({ status: 'ok', response: {} });
  client.webSocket.close();
  await client.closed;
});

test('the client insists on a key, so that none arrives without', () => {
  expect(() => makeClient({ url: checks.live.url, apiKey: '', vsn: '2.0.0', topic: '' })).toThrow(/key/i);
});

function joinRefOf(frames: readonly Frame[]): string {
  const join = frames.find(({ text }) => text.includes('phx_join'));
  const message: unknown = JSON.parse(join?.text ?? '[]');
  return String(Array.isArray(message) ? message[0] : (message as { join_ref: string }).join_ref);
}
