// Checks 15 to 20: what clients say to each other, in text and in bytes, and who hears it.
import { describe, expect, test } from 'vitest';
import { addMembership } from '../../../../identity/add-membership.ts';
import { backgroundActor } from '../../../../platform/actor.ts';
import { type Listener, type Vsn, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { makeKey, makePerson, saleEvent } from '../live-gateway.ts';

const { checks, listen, join, proxy: openProxy } = useLiveGateway({ limits: { broadcastBytesMax: 10_000 } });
const acknowledged = { broadcast: { ack: true } };

const say = (listener: Listener, event: string, payload: unknown = {}) =>
  listener.channel.send({ type: 'broadcast', event, payload });

const heardBy = ({ broadcasts }: Listener) => broadcasts.map(({ event, payload }) => [event, payload]);

async function hear(listener: Listener, event: string): Promise<void> {
  await listener.signal.until(`"${event}"`, () => listener.broadcasts.some((each) => each.event === event));
}

describe.each(versions)('serializer %s', (vsn) => {
  test('15: the others hear a broadcast, its sender only if it wants to', async () => {
    const speaker = await join({ vsn, topic: 'talk' });
    const echo = await join({ vsn, topic: 'talk', config: { broadcast: { self: true } } });
    const other = await join({ vsn, topic: 'talk' });
    await say(speaker, 'first', { n: 1 });
    await say(echo, 'second', { n: 2 });
    await Promise.all([hear(speaker, 'second'), hear(echo, 'second'), hear(other, 'second')]);
    expect(heardBy(speaker)).toEqual([['second', { n: 2 }]]);
    expect([...heardBy(echo)].sort()).toEqual([...heardBy(other)].sort());
    expect(heardBy(other)).toHaveLength(2);
  });

  test('15: with ack each is answered: ok, too large, not allowed, or not at all', async () => {
    const { live, ground } = checks;
    const proxy = await openProxy();
    const speaker = await join({ vsn, url: proxy.url, topic: 'ack', config: acknowledged, realtime: { timeout: 300 } });
    const other = await join({ vsn, topic: 'ack' });
    expect(await say(speaker, 'fine')).toBe('ok');
    expect(await say(speaker, 'large', { text: 'x'.repeat(10_001) })).toBe('error');
    expect(proxy.toClient.at(-1)?.text).toMatch(/payload_size_exceeded.*a broadcast has at most 10000 bytes/);
    proxy.hold(() => true);
    expect(await say(speaker, 'unanswered')).toBe('timed out');
    proxy.release();
    await hear(other, 'unanswered');
    expect(heardBy(other).map(([event]) => event)).toEqual(['fine', 'unanswered']);
    // Somebody of two brands would be heard by both on a free name.
    const person = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    const place = { role: 'staff' as const, locationId: ground.foreign.locationId };
    await live.database.db.transaction(backgroundActor('test'), (tx) =>
      addMembership(tx, { userId: person.userId, place, at: live.clock.now() }),
    );
    const ofBoth = await join({ vsn, topic: 'ack', token: () => person.token, config: acknowledged });
    expect(await say(ofBoth, 'to whom?')).toBe('error');
    const named = { vsn, token: () => person.token, config: acknowledged };
    expect(await say(await join({ ...named, topic: `location:${ground.own.locationId}:x` }), 'there')).toBe('ok');
  });

  test('17: topic, event and payload may have any characters, the topic 255 bytes', async () => {
    const topic = `é😀${'ü'.repeat((255 - 'realtime:'.length - 6) / 2)}`;
    expect(Buffer.byteLength(`realtime:${topic}`)).toBe(255);
    const [speaker, other] = [await join({ vsn, topic }), await join({ vsn, topic })];
    const payload = { 'schlüssel ': ['😀', '\u0000', '"\\'] };
    await say(speaker, 'größe 😀', payload);
    await hear(other, 'größe 😀');
    expect(heardBy(other)).toEqual([['größe 😀', payload]]);
    const tooLong = listen({ vsn, topic: `${topic}x` });
    await tooLong.status('CHANNEL_ERROR');
    expect(tooLong.statuses[0]).toMatch(/TopicTooLong: /);
  });

  test('19: the name of an event matches in any case, and * is all of them', async () => {
    const speaker = await join({ vsn, topic: 'case' });
    const [named, all] = [
      await join({ vsn, topic: 'case', broadcastEvent: 'CursorMoved' }),
      await join({ vsn, topic: 'case' }),
    ];
    await say(speaker, 'cursormoved');
    await say(speaker, 'other');
    await say(speaker, 'CURSORMOVED');
    await hear(all, 'CURSORMOVED');
    await hear(named, 'CURSORMOVED');
    expect(all.broadcasts).toHaveLength(3);
    expect(named.broadcasts.map(({ event }) => event)).toEqual(['cursormoved', 'CURSORMOVED']);
  });

  test('20: a public and a private room of one name do not mix', async () => {
    const token = () => checks.brandKey;
    const open = await join({ vsn, topic: 'both' });
    const [closed, closedToo] = [
      await join({ vsn, topic: 'both', token, config: { private: true } }),
      await join({ vsn, topic: 'both', token, config: { private: true } }),
    ];
    const openToo = await join({ vsn, topic: 'both' });
    await say(open, 'in public');
    await say(closed, 'in private');
    await Promise.all([hear(openToo, 'in public'), hear(closedToo, 'in private')]);
    expect([open, openToo, closed, closedToo].map((each) => heardBy(each).map(([event]) => event))).toEqual([
      [],
      ['in public'],
      [],
      ['in private'],
    ]);
  });

  test('a free name is a room of its own for each franchise', async () => {
    const { brand, foreign: shop } = checks.ground;
    const { key } = await makeKey(checks.live, { ...brand, franchiseId: shop.franchiseId });
    const hasPresence = true;
    const own = await join({ vsn, topic: 'kitchen', hasPresence });
    const sister = await join({ vsn, topic: 'kitchen', hasPresence });
    const foreign = await join({ vsn, topic: 'kitchen', apiKey: key, hasPresence });
    await own.channel.track({ who: 'own' });
    await foreign.channel.track({ who: 'foreign' });
    await say(foreign, 'foreign');
    await say(own, 'own');
    await hear(sister, 'own');
    await foreign.signal.until('itself', () => foreign.presence.length > 1);
    expect(heardBy(sister)).toEqual([['own', {}]]);
    expect(foreign.broadcasts).toEqual([]);
    const shown = (listener: Listener) =>
      Object.values(listener.channel.presenceState<{ who: string }>()).flatMap((metas) => metas.map(({ who }) => who));
    expect([shown(own), shown(sister), shown(foreign)]).toEqual([['own'], ['own'], ['foreign']]);
  });

  test('18: no binary frame but broadcasts, no payload of null, no stray ids ever reach a client', async () => {
    const proxy = await openProxy();
    const options = { vsn, url: proxy.url, topic: 'wire', hasPresence: true, wishes: [{ table: 'pos_transactions' }] };
    const watched = await join({
      ...options,
      config: { broadcast: { self: true, ack: true }, presence: { key: 'k' } },
    });
    const other = await join({ vsn, topic: 'wire' });
    await watched.channel.track({ a: 1 });
    await watched.channel.track({ a: 2 });
    await watched.channel.untrack();
    await other.channel.send({ type: 'broadcast', event: 'null', payload: null, ids: [1], meta: { id: 'x' } });
    await say(watched, 'list', [1, 2]);
    await checks.live.append(saleEvent(checks.ground.own, 'wire'));
    await watched.sale('wire');
    await hear(watched, 'list');
    await watched.channel.unsubscribe();
    await proxy.signal.until('the close', () => proxy.toClient.some(({ text }) => text.includes('phx_close')));
    for (const { isBinary, data, text } of proxy.toClient) {
      if (isBinary) expect([vsn, data[0]]).toEqual(['2.0.0', 4]);
      else {
        const message = JSON.parse(text);
        const [event, payload] = Array.isArray(message) ? message.slice(3) : [message.event, message.payload];
        expect(payload).toBeTypeOf('object');
        expect(payload).not.toBeNull();
        expect('ids' in payload).toBe(event === 'postgres_changes');
      }
    }
    expect(watched.broadcasts.find(({ event }) => event === 'null')).not.toHaveProperty('meta');
  });
});

describe('16: bytes and JSON between the serializers', () => {
  const pairs: [Vsn, Vsn][] = [
    ['2.0.0', '2.0.0'],
    ['2.0.0', '1.0.0'],
    ['1.0.0', '2.0.0'],
    ['1.0.0', '1.0.0'],
  ];
  test.each(pairs)('JSON of %s reaches %s', async (from, to) => {
    const [speaker, other] = [await join({ vsn: from, topic: 'mixed' }), await join({ vsn: to, topic: 'mixed' })];
    await say(speaker, 'json', { deep: [1, { x: 'ü' }] });
    await hear(other, 'json');
    expect(heardBy(other)).toEqual([['json', { deep: [1, { x: 'ü' }] }]]);
  });

  test('raw bytes reach 2.0.0 as an ArrayBuffer, and 1.0.0 not at all', async () => {
    const speaker = await join({ vsn: '2.0.0', topic: 'raw', config: acknowledged });
    const [modern, old] = [await join({ vsn: '2.0.0', topic: 'raw' }), await join({ vsn: '1.0.0', topic: 'raw' })];
    const bytes = new Uint8Array([0, 255, 128, 7]);
    expect(await say(speaker, 'raw', bytes.buffer)).toBe('ok');
    await say(speaker, 'end');
    await Promise.all([hear(modern, 'end'), hear(old, 'end')]);
    const received = modern.broadcasts[0]?.payload;
    expect(received).toBeInstanceOf(ArrayBuffer);
    expect(new Uint8Array(received as ArrayBuffer)).toEqual(bytes);
    expect(heardBy(old)).toEqual([['end', {}]]);
  });
});
