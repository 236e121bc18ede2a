// Checks 30 and 31: one channel ends, for now or for good, and the others of its socket do not notice.
import { describe, expect, test } from 'vitest';
import type { FrameProxy } from '../frame-proxy.ts';
import { type Vsn, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';

const { join, proxy: openProxy } = useLiveGateway();

function forge(proxy: FrameProxy, vsn: Vsn, event: string): void {
  const join = proxy.toServer.find(({ text }) => text.includes('phx_join') && text.includes('realtime:one'));
  const message: unknown = JSON.parse(join?.text ?? '');
  const ref = Array.isArray(message) ? message[0] : (message as { join_ref: string }).join_ref;
  proxy.forge(
    vsn === '2.0.0'
      ? JSON.stringify([ref, ref, 'realtime:one', event, {}])
      : JSON.stringify({ topic: 'realtime:one', event, payload: {}, ref }),
  );
}

describe.each(versions)('serializer %s', (vsn) => {
  async function pair() {
    const proxy = await openProxy();
    const one = await join({ vsn, url: proxy.url, topic: 'one' });
    const two = await join({ vsn, topic: 'two', client: one.client });
    return { proxy, one, two };
  }

  test('30: phx_error makes that channel alone join again', async () => {
    const { proxy, one, two } = await pair();
    forge(proxy, vsn, 'phx_error');
    await one.status('SUBSCRIBED', 2);
    expect(one.statuses).toEqual(['SUBSCRIBED', expect.stringMatching(/^CHANNEL_ERROR/), 'SUBSCRIBED']);
    expect(two.statuses).toEqual(['SUBSCRIBED']);
    const joins = proxy.toServer.filter(({ text }) => text.includes('phx_join'));
    expect(joins.map(({ text }) => text.includes('realtime:one'))).toEqual([true, false, true]);
  });

  test('31: phx_close ends that channel for good', async () => {
    const { proxy, one, two } = await pair();
    forge(proxy, vsn, 'phx_close');
    await one.status('CLOSED');
    const other = await join({ vsn, topic: 'two' });
    await other.channel.send({ type: 'broadcast', event: 'still there', payload: {} });
    await two.signal.until('the broadcast', () => two.broadcasts.length === 1);
    expect(one.statuses).toEqual(['SUBSCRIBED', 'CLOSED']);
    expect(two.statuses).toEqual(['SUBSCRIBED']);
    expect(proxy.toServer.filter(({ text }) => text.includes('phx_join'))).toHaveLength(2);
  });

  test('31: the server says phx_close to who leaves, and to nobody else', async () => {
    const { proxy, one, two } = await pair();
    await one.channel.unsubscribe();
    const closes = () => proxy.toClient.filter(({ text }) => text.includes('phx_close'));
    await proxy.signal.until('the close', () => closes().length === 1);
    expect(closes()[0]?.text).toContain('realtime:one');
    expect(two.statuses).toEqual(['SUBSCRIBED']);
  });
});
