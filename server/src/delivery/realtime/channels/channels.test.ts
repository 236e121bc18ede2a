// What is refused at a join or said to it, and what becomes of the join before: by hand, since no client of good will asks.
import { expect, test } from 'vitest';
import { useLiveGateway } from '../test/live-checks.ts';
import { makePerson } from '../test/live-gateway.ts';
import type { RawClient } from '../test/raw-client.ts';

const sales = { event: '*', schema: 'public', table: 'pos_transactions' };
const { checks, raw } = useLiveGateway({
  limits: { bindingsPerChannelMax: 2, bindingsPerSocketMax: 3, channelsPerSocketMax: 2, presenceRoomBytesMax: 1_000 },
});

interface Joining {
  readonly ref: string;
  readonly topic?: string;
  readonly config?: object;
  readonly token?: string;
}

async function join(client: RawClient, { ref, topic = 'realtime:room', config = {}, token }: Joining) {
  client.say({ joinRef: ref, ref, topic, event: 'phx_join', payload: { config, access_token: token } });
  return (await client.reply(ref)).payload as { status: string; response: { reason?: string } };
}

test.each<[string, object, RegExp]>([
  ['too many bindings', { postgres_changes: [sales, sales, sales] }, /^TooManyBindings: /],
  [
    'a binding that cannot be served, waited for',
    { postgres_changes: [{ ...sales, filter: 'colour=eq.red' }], postgres_changes_options: { wait: true } },
    /^RealtimeDisabledForConfiguration: /,
  ],
  ['a presence key that is too long', { presence: { key: 'k'.repeat(256) } }, /^InvalidMessage: a presence key has/],
])('a rejoin that is refused (%s) has ended the join before it', async (_, config, reason) => {
  const client = await raw();
  expect(await join(client, { ref: '1' })).toMatchObject({ status: 'ok' });
  expect((await join(client, { ref: '2', config })).response.reason).toMatch(reason);
  const close = client.received.find(({ event }) => event === 'phx_close');
  expect(close).toMatchObject({ joinRef: '1', ref: '1', topic: 'realtime:room' });
  expect(checks.live.gateway.statistics.channels).toBe(0);
  client.say({ joinRef: '1', ref: '3', topic: 'realtime:room', event: 'broadcast', payload: { event: 'x' } });
  expect((await client.reply('3')).payload).toMatchObject({ response: { reason: 'unmatched topic' } });
});

test('a rejoin takes the place of its own channel where there is no other', async () => {
  const client = await raw();
  await join(client, { ref: '1', topic: 'realtime:a' });
  await join(client, { ref: '2', topic: 'realtime:b' });
  expect(await join(client, { ref: '3', topic: 'realtime:a' })).toMatchObject({ status: 'ok' });
  expect((await join(client, { ref: '4', topic: 'realtime:c' })).response.reason).toMatch(/^ChannelRateLimitReached/);
});

test('the bindings of all channels of a socket are counted together, each rejoin in the place of the join before', async () => {
  const client = await raw();
  const [one, two] = [{ postgres_changes: [sales] }, { postgres_changes: [sales, sales] }];
  expect(await join(client, { ref: '1', topic: 'realtime:a', config: two })).toMatchObject({ status: 'ok' });
  expect((await join(client, { ref: '2', topic: 'realtime:b', config: two })).response.reason).toBe(
    'TooManyBindings: all channels of a socket take 3 postgres_changes at most',
  );
  expect(await join(client, { ref: '3', topic: 'realtime:b', config: one })).toMatchObject({ status: 'ok' });
  expect(await join(client, { ref: '4', topic: 'realtime:a', config: two })).toMatchObject({ status: 'ok' });
  // What cannot be served counts as well.
  const none = { postgres_changes: [{ ...sales, filter: 'colour=eq.red' }] };
  expect(await join(client, { ref: '5', topic: 'realtime:a', config: none })).toMatchObject({ status: 'ok' });
  expect((await join(client, { ref: '6', topic: 'realtime:b', config: two })).status).toBe('ok');
  client.say({ joinRef: '5', ref: '7', topic: 'realtime:a', event: 'phx_leave' });
  await client.reply('7');
  expect(await join(client, { ref: '8', topic: 'realtime:c', config: one })).toMatchObject({ status: 'ok' });
});

test('a key of another service is told what to come with', async () => {
  const client = await raw('sb_publishable_abc');
  expect((await join(client, { ref: '1' })).response.reason).toMatch(
    /^Unauthorized: a key of the form sb_… stands for/,
  );
  // Beside a token it means nothing.
  const { token } = await makePerson(checks.live, { role: 'staff', locationId: checks.ground.own.locationId });
  expect(await join(client, { ref: '2', token })).toMatchObject({ status: 'ok' });
});

test('a replay from no moment of a calendar is refused, and one where nothing is kept is told so', async () => {
  const { token, userId } = await makePerson(checks.live, { role: 'staff', locationId: checks.ground.own.locationId });
  const client = await raw();
  const joinFrom = (ref: string, topic: string, since: unknown) =>
    join(client, { ref, topic, token, config: { private: true, broadcast: { replay: { since } } } });
  const own = `realtime:user:${userId}`;
  for (const [at, since] of [8.64e15, 253_402_300_800_000, -8.64e15, 'x'].entries()) {
    expect((await joinFrom(`bad ${at}`, own, since)).response.reason).toBe(
      'UnableToReplayMessages: Replay params are not valid',
    );
  }
  expect(await joinFrom('last', own, 253_402_300_799_999)).toMatchObject({ status: 'ok' });
  expect(await joinFrom('none', 'realtime:kitchen', 0)).toMatchObject({ status: 'ok' });
  const notice = await client.hear('the notice', ({ event }) => event === 'system');
  expect(notice).toMatchObject({ topic: 'realtime:kitchen', payload: { extension: 'system', status: 'error' } });
  expect(String(notice.payload['message'])).toMatch(/^replay: nothing that is said here is kept/);
});

test('in a full room what is shown may be replaced by as much, and by no more', async () => {
  const client = await raw();
  await join(client, { ref: '1', config: { presence: { enabled: true, key: 'k' } } });
  const track = async (ref: string, text: string) => {
    client.say({
      joinRef: '1',
      ref,
      topic: 'realtime:room',
      event: 'presence',
      payload: { event: 'track', payload: { text } },
    });
    return (await client.reply(ref)).payload as { status: string; response: { reason?: string } };
  };
  expect(await track('2', 'a'.repeat(900))).toMatchObject({ status: 'ok' });
  expect(await track('3', 'b'.repeat(900))).toMatchObject({ status: 'ok' });
  expect((await track('4', 'c'.repeat(1_000))).response.reason).toMatch(/^PresenceRoomFull: /);
  expect(await track('5', 'd'.repeat(900))).toMatchObject({ status: 'ok' });
  // Bytes are counted, as they are sent.
  expect((await track('6', 'é'.repeat(900))).response.reason).toMatch(/^PresenceRoomFull: /);
});
