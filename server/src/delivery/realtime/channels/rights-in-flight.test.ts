// Rights that change while a decision on them is on its way: at a join, behind its replay, at a change of the token; and
// decisions that fail by our own fault. The decisions are the real ones, only held up at the moment that matters.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Shop } from '../../../../test/factories/brand.ts';
import { removeMembership } from '../../../identity/remove-membership.ts';
import { backgroundActor } from '../../../platform/actor.ts';
import {
  type Ground,
  type LiveGateway,
  layGround,
  makeKey,
  makePerson,
  openLiveGateway,
  saleEvent,
} from '../test/live-gateway.ts';
import { connectRaw, type RawClient } from '../test/raw-client.ts';

const topic = 'realtime:room';
const away = new Error('the database is away');
let live: LiveGateway;
let real: LiveGateway['source'];
let ground: Ground;
let key: string;
let clients: RawClient[] = [];

beforeAll(async () => {
  live = await openLiveGateway({ idleMs: Number.POSITIVE_INFINITY });
  real = { ...live.source };
  ground = await layGround(live);
  key = (await makeKey(live, ground.brand)).key;
});
afterEach(async () => {
  Object.assign(live.source, real);
  for (const { webSocket } of clients) webSocket.close();
  await Promise.all(clients.map(({ closed }) => closed));
  clients = [];
  expect(live.failures).toEqual([]);
});
afterAll(() => live.close());

async function connect(): Promise<RawClient> {
  const client = await connectRaw(`ws://127.0.0.1:${live.port}/socket/websocket?vsn=2.0.0&apikey=${key}`);
  clients.push(client);
  return client;
}

function join(client: RawClient, token: string, { on = topic, config = {} } = {}): void {
  const changes = [{ event: '*', schema: 'public', table: 'pos_transactions' }];
  const payload = { config: { postgres_changes: changes, ...config }, access_token: token };
  client.say({ joinRef: '1', ref: '1', topic: on, event: 'phx_join', payload });
}

function takeToken(client: RawClient, token: string): void {
  client.say({ joinRef: '1', topic, event: 'access_token', payload: { access_token: token } });
}

/** Being hired is in the log as well: told only now it would be one more change of rights. */
async function staffOf(shop: Shop) {
  const person = await makePerson(live, { role: 'staff', locationId: shop.locationId });
  await passBy(shop, `hired ${person.userId}`);
  return person;
}

async function dismiss(userId: string): Promise<void> {
  const [row] = await live.database.rows<{ id: string }>('select id from memberships where user_id = $1', [userId]);
  await live.database.db.transaction(backgroundActor('test'), (tx) =>
    removeMembership(tx, { id: String(row?.id), at: live.clock.now() }),
  );
}

/** The next answers to this token: each is what was true when it was asked for, and given when it is let go. */
function holdUp(token: string, times: number) {
  const holds = Array.from({ length: times }, () => ({
    isAsked: Promise.withResolvers<void>(),
    mayGo: Promise.withResolvers<void>(),
  }));
  let asked = 0;
  live.source.authenticate = async (given) => {
    const hold = given === token ? holds[asked++] : undefined;
    if (hold === undefined) return real.authenticate(given);
    const [answer] = await Promise.allSettled([real.authenticate(given)]);
    hold.isAsked.resolve();
    await hold.mayGo.promise;
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  };
  return holds.map(({ isAsked, mayGo }) => ({ asked: isAsked.promise, letGo: () => mayGo.resolve() }));
}

const says = (number: string) => (message: { payload: unknown }) => JSON.stringify(message.payload).includes(number);
const changesOf = ({ received }: RawClient) => received.filter(({ event }) => event === 'postgres_changes');

/** Appends a sale, and waits until the gateway has told it to somebody who may hear everything. */
async function passBy(shop: Shop, number: string): Promise<void> {
  const witness = await connect();
  join(witness, key);
  await witness.reply('1');
  await live.append(saleEvent(shop, number));
  await witness.hear(number, says(number));
}

/** Appends sales until the client hears one of this shop. */
async function hearFrom(client: RawClient, shop: Shop): Promise<void> {
  const number = `of ${shop.locationId}`;
  while (!changesOf(client).some(says(number))) await passBy(shop, number);
}

test('a join whose rights are taken while it is decided is decided again, and tells nothing meanwhile', async () => {
  const { userId, token } = await staffOf(ground.own);
  const [first, second] = holdUp(token, 2);
  const client = await connect();
  join(client, token);
  await first?.asked;
  await dismiss(userId);
  await passBy(ground.own, 'behind the dismissal');
  first?.letGo();
  await second?.asked;
  await passBy(ground.own, 'during the second decision');
  second?.letGo();
  const reply = await client.reply('1');
  expect(JSON.stringify(reply.payload)).toContain('identity.forbidden: ');
  expect(changesOf(client)).toEqual([]);
  expect(client.received).toHaveLength(1);
});

test('whose rights have changed is not heard until they are known, however long that takes', async () => {
  const { userId, token } = await staffOf(ground.own);
  const [client, listener] = [await connect(), await connect()];
  join(client, token);
  join(listener, key);
  expect((await client.reply('1')).payload).toMatchObject({ status: 'ok' });
  await listener.reply('1');
  const [hold] = holdUp(token, 1);
  await dismiss(userId);
  await hold?.asked;
  for (const [at, event] of ['broadcast', 'presence'].entries()) {
    client.say({ joinRef: '1', ref: `${at + 2}`, topic, event, payload: { event: 'track', payload: { a: 1 } } });
    expect((await client.reply(`${at + 2}`)).payload).toEqual({
      status: 'error',
      response: { reason: 'Unauthorized: your rights have changed and are looked up just now; send it again' },
    });
  }
  hold?.letGo();
  await client.hear('its end', ({ event }) => event === 'phx_error');
  expect(listener.received.filter(({ event }) => event === 'broadcast')).toEqual([]);
});

test('rights of somebody else that change meanwhile are no reason to decide again', async () => {
  const { token } = await staffOf(ground.own);
  const other = await staffOf(ground.own);
  const [first] = holdUp(token, 1);
  const client = await connect();
  join(client, token);
  await first?.asked;
  await dismiss(other.userId);
  await passBy(ground.own, 'behind the dismissal');
  live.source.authenticate = () => Promise.reject(away);
  first?.letGo();
  expect((await client.reply('1')).payload).toMatchObject({ status: 'ok' });
});

test('a join whose rights are taken while its replay is fetched lets nothing go that was held', async () => {
  const { userId, token } = await staffOf(ground.own);
  const isAsked = Promise.withResolvers<void>();
  const mayGo = Promise.withResolvers<void>();
  live.source.readBroadcasts = async (owner, range) => {
    isAsked.resolve();
    await mayGo.promise;
    return real.readBroadcasts(owner, range);
  };
  const client = await connect();
  join(client, token, {
    on: `realtime:user:${userId}`,
    config: { private: true, broadcast: { replay: { since: 0 } } },
  });
  await isAsked.promise;
  await dismiss(userId);
  await passBy(ground.own, 'behind the dismissal');
  mayGo.resolve();
  expect(JSON.stringify((await client.reply('1')).payload)).toContain('identity.forbidden: ');
  expect(client.received).toHaveLength(1);
});

test('a join that cannot be decided again is refused, and nothing is told', async () => {
  const { userId, token } = await staffOf(ground.own);
  const [first] = holdUp(token, 1);
  const client = await connect();
  join(client, token);
  await first?.asked;
  await dismiss(userId);
  await passBy(ground.own, 'behind the dismissal');
  live.source.authenticate = (given) => (given === token ? Promise.reject(away) : real.authenticate(given));
  first?.letGo();
  expect(JSON.stringify((await client.reply('1')).payload)).toContain('UnableToConnectToProject: ');
  expect(live.failures.splice(0)).toEqual([away]);
  await passBy(ground.own, 'while the database is away');
  expect(client.received).toHaveLength(1);
});

test('a token whose owner loses its rights while it is decided on ends the channel', async () => {
  const [before, after] = [await staffOf(ground.own), await staffOf(ground.firm)];
  const client = await connect();
  join(client, before.token);
  await client.reply('1');
  const [first, second] = holdUp(after.token, 2);
  takeToken(client, after.token);
  await first?.asked;
  await dismiss(after.userId);
  await passBy(ground.firm, 'behind the dismissal');
  first?.letGo();
  await second?.asked;
  await passBy(ground.firm, 'during the second decision');
  second?.letGo();
  await client.hear(
    'the end',
    ({ event, payload }) => event === 'phx_error' && says('identity.forbidden')({ payload }),
  );
  expect(changesOf(client)).toEqual([]);
});

test('a token that could not be decided on is tried again, without the client', async () => {
  const [before, after] = [await staffOf(ground.own), await staffOf(ground.firm)];
  const client = await connect();
  join(client, before.token);
  await client.reply('1');
  const hasFailed = Promise.withResolvers<void>();
  live.source.authenticate = async (token) => {
    if (token !== after.token) return real.authenticate(token);
    hasFailed.resolve();
    throw away;
  };
  takeToken(client, after.token);
  await hasFailed.promise;
  live.source.authenticate = real.authenticate;
  await hearFrom(client, ground.firm);
  expect(live.failures.splice(0)).toEqual([away]);
  expect(client.received.some(({ event }) => event === 'phx_error')).toBe(false);
});

test('a new token is not forgotten when the rights of the one before change', async () => {
  const [before, after] = [await staffOf(ground.own), await staffOf(ground.firm)];
  const client = await connect();
  join(client, before.token);
  await client.reply('1');
  const [first] = holdUp(after.token, 1);
  takeToken(client, after.token);
  await first?.asked;
  await dismiss(before.userId);
  await passBy(ground.own, 'behind the dismissal');
  first?.letGo();
  await hearFrom(client, ground.firm);
  expect(client.received.some(says('behind the dismissal'))).toBe(false);
  expect(client.received.some(({ event }) => event === 'phx_error')).toBe(false);
});

test('a token that comes before the join is answered counts for it', async () => {
  const [before, after] = [await staffOf(ground.own), await staffOf(ground.firm)];
  const [first] = holdUp(before.token, 1);
  const client = await connect();
  join(client, before.token);
  await first?.asked;
  takeToken(client, after.token);
  await passBy(ground.own, 'a sign that the token has come');
  first?.letGo();
  await hearFrom(client, ground.firm);
});
