// Rooms over two nodes and a real nats-server: who is in a room is the same on both, also after one of them was killed, or
// NATS was, or it said nothing for a while.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from './cluster.ts';
import { enterRoom, type RoomGuest } from './room-guest.ts';

let cluster: Cluster;
const guests: RoomGuest[] = [];

beforeAll(async () => {
  cluster = await startCluster(['api,worker,gateway', 'gateway']);
});
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.close();
});
afterAll(() => cluster?.close());

async function enter(node: 0 | 1, topic: string, name: string): Promise<RoomGuest> {
  const url = cluster.nodes[node]?.url ?? '';
  const guest = await enterRoom({ url, apiKey: cluster.ownerKey, topic, name });
  guests.push(guest);
  return guest;
}

async function both(topic: string): Promise<[RoomGuest, RoomGuest]> {
  const pair: [RoomGuest, RoomGuest] = [await enter(0, topic, 'ada'), await enter(1, topic, 'bob')];
  for (const guest of pair) await guest.sees('ada', 'bob');
  return pair;
}

/** Says words until one is heard there, which shows that the way stands again; what is said while it does not is lost. */
async function untilHeard(from: RoomGuest, to: RoomGuest): Promise<void> {
  for (let n = 0; !to.heard.includes(`${from.name} ${n - 1}`); n++) {
    expect(n).toBeLessThan(600);
    await from.say(`${from.name} ${n}`);
    await to.signal.until('a word', () => to.heard.includes(`${from.name} ${n}`), 200).catch(() => undefined);
  }
}

test('members of both nodes see and hear each other, come, change and go', async () => {
  const [ada, bob] = await both('kitchen');
  await ada.say('hello');
  await bob.say('good morning');
  await bob.signal.until('hello', () => bob.heard.length > 0);
  await ada.signal.until('good morning', () => ada.heard.length > 0);
  expect([ada.heard, bob.heard]).toEqual([['good morning'], ['hello']]);
  await bob.channel.track({ name: 'bob', is: 'busy' });
  const shown = () => JSON.stringify(ada.channel.presenceState());
  await ada.signal.until('the change', () => shown().includes('busy'));
  await ada.channel.untrack();
  for (const guest of [ada, bob]) await guest.sees('bob');
  // A node's only member that leaves and comes back is a room that this node begins anew.
  await bob.close();
  await ada.sees();
  await enter(1, 'kitchen', 'bob');
  await ada.sees('bob');
});

test('whom a killed node had leaves no ghost, and is there again when the client is', async () => {
  const [ada, bob] = await both('counter');
  await cluster.nodes[1]?.kill('node');
  await ada.sees('ada');
  const joins = () => bob.statuses.filter((status) => status === 'SUBSCRIBED').length;
  const before = joins();
  await cluster.nodes[1]?.start();
  await bob.signal.until('its client to be back', () => joins() > before, 60_000);
  for (const guest of [ada, bob]) await guest.sees('ada', 'bob');
});

test('who came and went while NATS was dead is known on both nodes when it is back', async () => {
  const [ada, bob] = await both('office');
  await cluster.nats.killAndWipe();
  await ada.channel.untrack();
  await enter(1, 'office', 'cyd');
  await bob.sees('bob', 'cyd');
  await cluster.nats.restart();
  for (const guest of [ada, bob]) await guest.sees('bob', 'cyd');
  await untilHeard(ada, bob);
  await untilHeard(bob, ada);
});

test('a NATS that says nothing for a while leaves neither ghosts nor holes', async () => {
  const [ada, bob] = await both('yard');
  cluster.nats.pause();
  await ada.channel.untrack();
  await enter(1, 'yard', 'cyd');
  // Long enough for each node to take the other for gone.
  await ada.sees();
  await bob.sees('bob', 'cyd');
  cluster.nats.resume();
  for (const guest of [ada, bob]) await guest.sees('bob', 'cyd');
  await untilHeard(ada, bob);
});
