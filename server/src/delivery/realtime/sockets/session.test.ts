// How much a socket may take of the node without being of use to anybody: no channel, too many bytes, too many pings.
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { closeReasons } from '../limits.ts';
import { useLiveGateway } from '../test/live-checks.ts';
import type { RawClient } from '../test/raw-client.ts';

const { checks, raw } = useLiveGateway({
  limits: { channellessMs: 60_000, messagesPerSecondMax: 50, bytesPerSecondMax: 600_000 },
});

async function closedFor(reason: string): Promise<number> {
  const name = `tillstream_realtime_sockets_closed_total{reason="${reason}"} `;
  const line = (await checks.live.metrics.render()).split('\n').find((each) => each.startsWith(name));
  return Number(line?.slice(name.length) ?? 0);
}

function join(client: RawClient, topic: string, ref = '1') {
  client.say({ joinRef: ref, ref, topic, event: 'phx_join' });
  return client.reply(ref);
}

test('a socket without a joined channel is closed after a minute, whatever it says, and one with a channel is not', async () => {
  const [stranger, silent, guest] = [await raw('no good key'), await raw(), await raw()];
  const before = await closedFor('channelless');
  expect((await join(guest, 'realtime:room')).payload).toMatchObject({ status: 'ok' });
  checks.live.clock.advance(59_000);
  expect((await join(stranger, 'realtime:room')).payload).toMatchObject({ status: 'error' });
  stranger.say({ ref: '2', topic: 'phoenix', event: 'heartbeat' });
  await stranger.reply('2');
  checks.live.clock.advance(1_000);
  expect(await stranger.closed).toEqual(closeReasons.channelless);
  expect(await silent.closed).toEqual(closeReasons.channelless);
  await expect.poll(() => closedFor('channelless')).toBe(before + 2);
  expect(guest.webSocket.readyState).toBe(guest.webSocket.OPEN);
  // The minute begins when the last channel is left.
  guest.say({ joinRef: '1', ref: '3', topic: 'realtime:room', event: 'phx_leave' });
  await guest.reply('3');
  await expect
    .poll(
      () => {
        checks.live.clock.advance(30_000);
        return guest.webSocket.readyState;
      },
      { timeout: 20_000 },
    )
    .toBe(guest.webSocket.CLOSED);
  expect(await guest.closed).toEqual(closeReasons.channelless);
});

test('more bytes a second than allowed close the socket, however few messages they are', async () => {
  const client = await raw();
  const before = await closedFor('flooding');
  await join(client, 'realtime:room');
  const say = (ref: string) =>
    client.say({ ref, topic: 'phoenix', event: 'heartbeat', payload: { x: 'x'.repeat(500_000) } });
  // Twice a second's worth at once, and a second's worth for each second that passes.
  for (const ref of ['2', '3', '4', '5']) {
    say(ref);
    await client.reply(ref);
    if (ref !== '2') checks.live.clock.advance(1_000);
  }
  for (const ref of ['6', '7', '8']) say(ref);
  expect(await client.closed).toEqual(closeReasons.flooding);
  expect(await closedFor('flooding')).toBe(before + 1);
});

test('a flood of pings is a flood', async () => {
  const before = await closedFor('flooding');
  const [patient, hasty] = [await raw(), await raw()];
  for (let n = 0; n < 100; n++) {
    patient.webSocket.ping();
    await once(patient.webSocket, 'pong');
  }
  patient.webSocket.ping();
  expect(await patient.closed).toEqual(closeReasons.flooding);
  // Who does not wait for the pongs is not even told why.
  for (let n = 0; n < 100; n++) hasty.webSocket.ping();
  expect((await hasty.closed).code).toBe(1006);
  await expect.poll(() => closedFor('flooding')).toBe(before + 2);
});

test('frames that are broken or too large are counted', async () => {
  const before = await closedFor('broken');
  const [large, broken] = [await raw(), await raw()];
  large.sendText('x'.repeat(1_048_577));
  broken.webSocket.send(Buffer.from([0xff]), { binary: false });
  expect([(await large.closed).code, (await broken.closed).code]).toEqual([1009, 1007]);
  expect(await closedFor('broken')).toBe(before + 2);
});
