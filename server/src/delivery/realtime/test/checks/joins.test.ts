// Checks 3 to 6, 14, 32 to 34 and 39: what a join asks for, how it is answered, and what is left behind.
import { describe, expect, test } from 'vitest';
import type { Frame } from '../frame-proxy.ts';
import { expectSteps, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { saleEvent } from '../live-gateway.ts';

const { checks, listen, join, proxy: openProxy } = useLiveGateway({ limits: { joinsPerSecondMax: 1_000 } });

interface JoinReply {
  readonly status: string;
  readonly response: {
    readonly postgres_changes: { readonly id: unknown; readonly filter?: string; readonly select?: string[] }[];
  };
}

function joinReplies(frames: readonly Frame[]): JoinReply[] {
  return frames
    .filter(({ text }) => text.includes('phx_reply') && text.includes('postgres_changes'))
    .map(({ text }) => JSON.parse(text))
    .map((message) => (Array.isArray(message) ? message[4] : message.payload));
}

describe.each(versions)('serializer %s', (vsn) => {
  test('3: a plain join is there within a second and at its first attempt, its reply with an empty list', async () => {
    // The best of three, since the machine is shared with whatever else runs on it.
    const timesMs = [];
    for (const topic of ['plain 1', 'plain 2', 'plain 3']) {
      const startedAt = performance.now();
      await join({ vsn, topic });
      timesMs.push(performance.now() - startedAt);
    }
    expect(Math.min(...timesMs)).toBeLessThan(1_000);
    const proxy = await openProxy();
    await join({ vsn, url: proxy.url, topic: 'plain' });
    expect(proxy.toServer.filter(({ text }) => text.includes('phx_join'))).toHaveLength(1);
    expect(joinReplies(proxy.toClient)).toEqual([{ status: 'ok', response: { postgres_changes: [] } }]);
  });

  test('4: bindings come back in order, with ids that are the same after a rejoin', async () => {
    const proxy = await openProxy();
    const wishes = [
      { event: 'INSERT' as const, table: 'pos_transactions', filter: `location_id=eq.${checks.ground.own.locationId}` },
      { event: '*' as const },
      { event: '*' as const, table: 'pos_transactions', select: ['total_amount'] },
    ];
    const listener = await join({ vsn, url: proxy.url, topic: 'bound', wishes });
    proxy.end(1006);
    await listener.status('SUBSCRIBED', 2);
    const [before, after] = joinReplies(proxy.toClient).map(({ response }) => response.postgres_changes);
    expect(before).toEqual(after);
    expect(before?.map(({ filter, select }) => filter ?? select ?? null)).toEqual([
      wishes[0]?.filter,
      null,
      ['total_amount'],
    ]);
    const ids = (before ?? []).map(({ id }) => id);
    expect(ids.every((id) => typeof id === 'number' && Number.isInteger(id) && id > 0)).toBe(true);
    expect(new Set(ids).size).toBe(3);
  });

  test('5: two bindings that differ in the event alone each hear their own', async () => {
    const { own } = checks.ground;
    const listener = await join({
      vsn,
      topic: 'pair',
      wishes: [
        { event: 'INSERT', table: 'pos_transactions' },
        { event: 'UPDATE', table: 'pos_transactions' },
      ],
    });
    await checks.live.append(saleEvent(own, 'new'), saleEvent(own, 'changed', 'UPDATE'), saleEvent(own, 'end'));
    expect(await listener.sale('end')).toEqual(['new', 'end']);
    expect(await listener.sale('changed', 1)).toEqual(['changed']);
  });

  test.each([
    ['colour=eq.red', /invalid column for filter colour$/],
    ['total_amount=almost.5', /Error parsing `filter` params: \["almost", "5"\]$/],
    ['total_amount=like.5', /the operator like does not exist for type numeric$/],
  ])('6: the filter %s is explained, and the channel lives', async (filter, explanation) => {
    const listener = await join({
      vsn,
      topic: 'partly',
      wishes: [{ table: 'pos_transactions', filter }, { table: 'pos_transactions' }],
    });
    await listener.signal.until('the explanation', () => listener.system.length > 0);
    expect(listener.system[0]).toMatchObject({ status: 'error', extension: 'postgres_changes' });
    expect(listener.system[0]?.message).toMatch(explanation);
    await checks.live.append(saleEvent(checks.ground.own, 'heard'));
    expect(await listener.sale('heard', 1)).toEqual(['heard']);
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
  });

  test('14: who waits is answered when the bindings are live, or refused with the reason', async () => {
    const config = { postgres_changes_options: { wait: true, timeout: 1_000 } } as object;
    const good = await join({ vsn, topic: 'wait', config, wishes: [{ table: 'pos_transactions' }] });
    await checks.live.append(saleEvent(checks.ground.own, 'at once'));
    expect(await good.sale('at once')).toEqual(['at once']);
    const bad = listen({
      vsn,
      topic: 'wait-bad',
      config,
      wishes: [{ table: 'pos_transactions', filter: 'colour=eq.red' }],
    });
    await bad.status('CHANNEL_ERROR');
    expect(bad.statuses[0]).toMatch(
      /^CHANNEL_ERROR: RealtimeDisabledForConfiguration: .*invalid column for filter colour$/,
    );
  });

  test('33: a reply that comes too late leaves no second subscription behind', async () => {
    const proxy = await openProxy();
    proxy.hold(({ text }) => text.includes('phx_reply'));
    const listener = listen({
      vsn,
      url: proxy.url,
      topic: 'late',
      wishes: [{ table: 'pos_transactions' }],
      realtime: { timeout: 300 },
    });
    await listener.status('TIMED_OUT');
    await proxy.signal.until('the leave', () => proxy.toServer.some(({ text }) => text.includes('phx_leave')));
    proxy.release();
    await listener.status('SUBSCRIBED');
    await checks.live.append(saleEvent(checks.ground.own, 'once'), saleEvent(checks.ground.own, 'end'));
    expect(await listener.sale('end')).toEqual(['once', 'end']);
    expect(checks.live.gateway.statistics.channels).toBe(1);
  });

  test('34: leaving and joining fifty times in a row leaves one subscription and no stray CLOSED', async () => {
    const first = await join({ vsn, topic: 'strict', wishes: [{ table: 'pos_transactions' }] });
    let last = first;
    for (let round = 0; round < 50; round++) {
      void first.client.removeChannel(last.channel);
      last = listen({ vsn, topic: 'strict', client: first.client, wishes: [{ table: 'pos_transactions' }] });
    }
    await last.status('SUBSCRIBED');
    await checks.live.append(saleEvent(checks.ground.own, 'once'), saleEvent(checks.ground.own, 'end'));
    expect(await last.sale('end')).toEqual(['once', 'end']);
    expect(last.statuses).toEqual(['SUBSCRIBED']);
    expect(checks.live.gateway.statistics.channels).toBe(1);
  });

  test('39: the 101st channel of a socket is refused, and the first hundred live', async () => {
    const first = await join({ vsn, topic: 'n0', broadcastEvent: 'ping' });
    const others = Array.from({ length: 99 }, (_, n) => listen({ vsn, topic: `n${n + 1}`, client: first.client }));
    await Promise.all(others.map((each) => each.status('SUBSCRIBED')));
    const tooMany = listen({ vsn, topic: 'n100', client: first.client });
    await tooMany.status('CHANNEL_ERROR');
    expect(tooMany.statuses[0]).toBe('CHANNEL_ERROR: ChannelRateLimitReached: Too many channels');
    const speaker = await join({ vsn, topic: 'n99' });
    await speaker.channel.send({ type: 'broadcast', event: 'ping', payload: { n: 1 } });
    await others[98]?.signal.until('the ping', () => (others[98]?.broadcasts.length ?? 0) === 1);
    expect([first, ...others].every(({ statuses }) => statuses.join() === 'SUBSCRIBED')).toBe(true);
  });
});

// All at once, because the schedule takes its time.
test('32: a refused join is tried again after 1, 2, 5 and 10 s, and its reason is the message', () =>
  Promise.all(
    versions.map(async (vsn) => {
      const at: number[] = [];
      const topic = `location:${checks.ground.foreign.locationId}`;
      const listener = listen({ vsn, topic });
      for (const times of [1, 2, 3, 4, 5]) {
        await listener.status('CHANNEL_ERROR', times);
        at.push(performance.now());
      }
      expectSteps(at, [1_000, 2_000, 5_000, 10_000]);
      const reason = `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`;
      expect(listener.statuses).toEqual(Array(5).fill(`CHANNEL_ERROR: ${reason}`));
    }),
  ));
