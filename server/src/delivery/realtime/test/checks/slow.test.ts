// Check 41: a client that stops reading costs the others nothing, and memory no more than the bound.
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { closeReasons } from '../../limits.ts';
import { versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { connectRaw } from '../raw-client.ts';
import { sampleChange, samples } from '../samples.ts';

const queueBytesMax = 300_000;
const { checks, join } = useLiveGateway({ tables: [samples], limits: { queueBytesMax } });

async function queuedBytes(): Promise<number> {
  const text = await checks.live.metrics.render();
  return Number(/^tillstream_realtime_queue_bytes (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

describe.each(versions)('serializer %s', (vsn) => {
  test('41: who stops reading is closed at the bound with a reason; the others hear everything', async () => {
    const listener = await join({ vsn, topic: 'reads', wishes: [{ table: 'samples', select: ['n'] }] });
    const query = `vsn=${vsn}&apikey=${checks.brandKey}`;
    const slow = await connectRaw(`ws://127.0.0.1:${checks.live.port}/websocket?${query}`);
    const payload = { config: { postgres_changes: [{ event: '*', schema: 'public', table: 'samples' }] } };
    slow.sendText(
      vsn === '2.0.0'
        ? JSON.stringify(['1', '1', 'realtime:slow', 'phx_join', payload])
        : JSON.stringify({ topic: 'realtime:slow', event: 'phx_join', payload, ref: '1', join_ref: '1' }),
    );
    await slow.reply('1');
    slow.webSocket.pause();
    let n = 0;
    // How much the kernel takes before anything waits here is its own business.
    while (checks.live.gateway.statistics.channels > 1) {
      checks.live.publish(sampleChange(checks.ground.own, { row: { id: 'x', n: ++n, s: 'x'.repeat(100_000) } }));
      const wanted = n;
      await listener.signal.until('the change', () => listener.heard[0]?.length === wanted);
      expect(await queuedBytes()).toBeLessThanOrEqual(queueBytesMax);
      expect(n).toBeLessThan(1_000);
    }
    expect(await queuedBytes()).toBe(0);
    slow.webSocket.resume();
    const [code, reason] = (await once(slow.webSocket, 'close')) as [number, Buffer];
    expect({ code, reason: String(reason) }).toEqual(closeReasons.slow);
    expect(listener.heard[0]?.map((change) => change.new['n'])).toEqual(Array.from({ length: n }, (_, at) => at + 1));
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
  });
});
