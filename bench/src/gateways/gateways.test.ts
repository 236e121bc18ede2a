// The gateways that we compare with do what they are compared for: who is in a room gets each of its messages once, whole.
import { expect, test } from 'vitest';
import type { DialectName } from '../sockets/dialects.ts';
import { ReceiverFarm } from '../sockets/receiver-farm.ts';
import { startGateway } from './gateway-process.ts';

const text = 'm'.repeat(400);

test.each<[string, DialectName]>([
  ['ws-send', 'plain'],
  ['raw-preframed', 'plain'],
  ['socket-io', 'socket.io'],
])('%s', async (program, dialect) => {
  const gateway = await startGateway(new URL(`./${program}.ts`, import.meta.url));
  // Dealt out to two processes in turn, so that each is to get ten.
  const rooms = [['here'], ['here', 'there'], ['there'], ['elsewhere']];
  const seats = rooms.map((rooms) => ({ key: '', rooms }));
  const farm = await ReceiverFarm.open({ port: gateway.port, dialect, eventBytesMin: 320, readsTimes: false }, seats);
  try {
    const arrival = farm.arrival(5);
    gateway.feed.write(`here ${text}\n`.repeat(4) + `there ${text}\n`.repeat(6));
    await arrival;
    expect((await farm.report()).counts).toEqual([4, 10, 6, 0]);
    expect((await gateway.ask('cpu')).cpuUs).toBeGreaterThan(0);
  } finally {
    await farm.close();
    await gateway.stop();
  }
});
