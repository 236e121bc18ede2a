import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { stressService } from '../../test/harness/stress-service.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { type NatsServer, startNatsServer } from '../../test/nodes/nats-server.ts';
import { backgroundActor } from '../platform/actor.ts';
import { createNatsLink, type NatsLink } from '../platform/nats-link.ts';
import { stopAll } from '../platform/service.ts';
import { append } from './append.ts';
import type { Batch } from './bus.ts';
import { createNatsBus, pack, unpack } from './nats-bus.ts';
import { currentPosition, readNews } from './read-log.ts';

const system = backgroundActor('test');
let database: TestDatabase;
let server: NatsServer;
const links: NatsLink[] = [];
const errors: unknown[] = [];
const onError = (error: unknown) => void errors.push(error);

beforeAll(async () => {
  database = await openTestDatabase();
  server = await startNatsServer({ payloadBytesMax: 16_384, user: 'shop', password: 'p@ss/word' });
});
afterAll(async () => {
  await stopAll(links);
  await server.stop();
  await database.close();
});

async function openLink(prefix: string): Promise<NatsLink> {
  const url = server.url.replace('p@ss/word', encodeURIComponent('p@ss/word'));
  const link = createNatsLink({ url, prefix: async () => prefix, onError });
  links.push(link);
  await link.start();
  await vi.waitFor(() => expect(link.isUp()).toBe(true));
  return link;
}

/** What a relay would publish after `count` events were written. */
async function batchOf(count: number): Promise<Batch> {
  const from = await database.db.transaction(system, currentPosition);
  const owner = { franchiseId: uuidv7(), franchiseeId: null, locationId: null };
  await database.db.transaction(system, (tx) =>
    append(
      tx,
      Array.from({ length: count }, (_, n) => sampleEvent(owner, uuidv7(), n)),
    ),
  );
  const page = await database.db.transaction(system, (tx) => readNews(tx, from));
  // Objects like any other, as they come off the wire.
  const events = page.events.map((event) => {
    const { timestamp, recorded_at } = event;
    return { ...JSON.parse(JSON.stringify(event)), timestamp, recorded_at };
  });
  return { from, to: page.position, events };
}

test('a batch survives the wire as it was, times included', async () => {
  const batch = await batchOf(3);
  expect(batch.events).toHaveLength(3);
  expect(unpack(JSON.parse(pack(batch, 7, 1_000_000).toString()))).toEqual(batch);
});

test('a batch that is too large goes without its events, and begins where it ends', async () => {
  const batch = await batchOf(60);
  const packed = pack(batch, 7, 8_192);
  expect(packed.length).toBeLessThan(8_192);
  expect(unpack(JSON.parse(packed.toString()))).toEqual({ from: batch.to, to: batch.to, events: [] });
});

test('reaches every node of the installation and no other, each once, from the leader alone', async () => {
  const prefix = `tillstream.${randomBytes(6).toString('hex')}`;
  const heard: Record<string, Batch[]> = { leader: [], second: [], stranger: [] };
  const bus = async (name: string, home: string, token: () => number | null) => {
    const made = createNatsBus({ link: await openLink(home), token, onError });
    made.subscribe((batch) => heard[name]?.push(batch));
    return made;
  };
  const leader = await bus('leader', prefix, () => 2);
  const second = await bus('second', prefix, () => null);
  await bus('stranger', `${prefix}x`, () => null);
  const deposed = createNatsBus({ link: await openLink(prefix), token: () => 1, onError });
  const [small, large] = [await batchOf(2), await batchOf(60)];
  // Subscribing is not answered by the server: the first batches tell when everybody listens.
  await vi.waitFor(() => {
    leader.publish({ ...small, events: [] });
    expect(heard['second']?.length).toBeGreaterThan(0);
  });
  for (const list of Object.values(heard)) list.length = 0;
  second.publish(small);
  leader.publish(small);
  // Who held the lease before and has not noticed is not heeded.
  deposed.publish(large);
  leader.publish(large);
  await vi.waitFor(() => expect(heard['second']?.at(-1)?.to).toEqual(large.to));
  expect(heard['leader']).toEqual([small, large]);
  // One of the first may still have been on its way.
  expect(heard['second']?.filter((batch) => batch.to !== batch.from && batch.events.length > 0)).toEqual([small]);
  expect(heard['second']?.slice(-2)).toEqual([small, { from: large.to, to: large.to, events: [] }]);
  expect(heard['stranger']).toEqual([]);
  expect(errors).toEqual([]);
});

test('the wire is known to be down, and stands again when the server is back, empty as it may be', async () => {
  const prefix = `tillstream.${randomBytes(6).toString('hex')}`;
  const [speaker, listener] = [await openLink(prefix), await openLink(prefix)];
  const heard: string[] = [];
  const stop = listener.subscribe('words', (bytes) => heard.push(Buffer.from(bytes).toString()));
  const say = (word: string) => speaker.publish('words', Buffer.from(word));
  await vi.waitFor(() => {
    say('before');
    expect(heard).toContain('before');
  });
  await server.killAndWipe();
  await vi.waitFor(() => expect([speaker.isUp(), listener.isUp()]).toEqual([false, false]));
  say('lost');
  await server.restart();
  await vi.waitFor(() => expect([speaker.isUp(), listener.isUp()]).toEqual([true, true]), { timeout: 10_000 });
  await vi.waitFor(() => {
    say('after');
    expect(heard).toContain('after');
  });
  expect(heard).not.toContain('lost');
  stop();
  errors.length = 0;
});

test('what is too large for the wire is dropped and reported once, and its speaker goes on', async () => {
  const prefix = `tillstream.${randomBytes(6).toString('hex')}`;
  const [speaker, listener] = [await openLink(prefix), await openLink(prefix)];
  const heard: string[] = [];
  listener.subscribe('words', (bytes) => heard.push(Buffer.from(bytes).toString()));
  const large = Buffer.alloc(16_385, 'x');
  speaker.publish('words', large);
  speaker.publish('words', large);
  await vi.waitFor(() => {
    speaker.publish('words', Buffer.from('small'));
    expect(heard).toContain('small');
  });
  expect(errors.map(String)).toEqual([
    'Error: NATS does not take a message of 16385 bytes (its max_payload is 16384); it is dropped',
  ]);
  errors.length = 0;
});

test('a server that is not there yet is waited for; the link starts and stops in any order', async () => {
  const absent = createNatsLink({ url: 'nats://127.0.0.1:1', prefix: async () => 'x', onError });
  await absent.start();
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  expect(absent.isUp()).toBe(false);
  absent.publish('words', Buffer.from('dropped'));
  await absent.stop();
  errors.length = 0;
  const url = server.url.replace('p@ss/word', encodeURIComponent('p@ss/word'));
  await stressService({ create: () => createNatsLink({ url, prefix: async () => 'y', onError }) });
});
