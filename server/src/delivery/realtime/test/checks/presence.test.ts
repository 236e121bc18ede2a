// Checks 24 to 27: who is there, who comes and goes, and how often one may say so.
import { describe, expect, test } from 'vitest';
import { type Listener, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';

const {
  checks,
  listen,
  join,
  proxy: openProxy,
} = useLiveGateway({
  limits: { presenceCallsMax: 5, presenceBytesMax: 200, presenceRoomBytesMax: 500 },
});

const keyed = (key: string) => ({ config: { presence: { key } }, hasPresence: true });

/** What a client shows: key → its members, without the refs. */
function shown({ channel }: Listener): Record<string, object[]> {
  const state = Object.entries(channel.presenceState());
  return Object.fromEntries(state.map(([key, metas]) => [key, metas.map(({ presence_ref: _, ...meta }) => meta)]));
}

function until(listener: Listener, state: Record<string, object[]>): Promise<void> {
  const wanted = JSON.stringify(state);
  return listener.signal.until(wanted, () => JSON.stringify(shown(listener)) === wanted);
}

describe.each(versions)('serializer %s', (vsn) => {
  test('24: from the empty state to the last leave', async () => {
    const proxy = await openProxy();
    const ada = await join({ vsn, url: proxy.url, topic: 'room', ...keyed('ada') });
    await ada.signal.until('the first state', () => ada.presence.includes('sync'));
    expect(shown(ada)).toEqual({});
    expect(await ada.channel.track({ mood: 'fine' })).toBe('ok');
    await until(ada, { ada: [{ mood: 'fine' }] });
    const bob = await join({ vsn, topic: 'room', ...keyed('bob') });
    await until(bob, { ada: [{ mood: 'fine' }] });
    await bob.channel.track({ mood: 'new' });
    await until(ada, { ada: [{ mood: 'fine' }], bob: [{ mood: 'new' }] });
    // An update is one diff, in which the new comes before the old goes: nobody is ever shown as gone.
    const diffs = () => proxy.toClient.filter(({ text }) => text.includes('presence_diff')).length;
    const before = diffs();
    await bob.channel.track({ mood: 'older' });
    await until(ada, { ada: [{ mood: 'fine' }], bob: [{ mood: 'older' }] });
    expect(diffs() - before).toBe(1);
    // The same again is nothing new.
    await bob.channel.track({ mood: 'older' });
    // A second socket under the same key is a second member.
    const tab = await join({ vsn, topic: 'room', ...keyed('bob') });
    await tab.channel.track({ mood: 'tab' });
    await until(ada, { ada: [{ mood: 'fine' }], bob: [{ mood: 'older' }, { mood: 'tab' }] });
    expect(diffs() - before).toBe(2);
    await tab.close();
    await until(ada, { ada: [{ mood: 'fine' }], bob: [{ mood: 'older' }] });
    expect(await bob.channel.untrack()).toBe('ok');
    await until(ada, { ada: [{ mood: 'fine' }] });
    await bob.channel.track({ mood: 'back' });
    await until(ada, { ada: [{ mood: 'fine' }], bob: [{ mood: 'back' }] });
    const cutAt = performance.now();
    for (const stream of checks.live.streams) if (stream !== [...checks.live.streams][0]) stream.destroy();
    await until(ada, { ada: [{ mood: 'fine' }] });
    // A wire that is cut is noticed at once; the bound is for machines that have much else to do.
    expect(performance.now() - cutAt).toBeLessThan(5_000);
    expect(ada.presence.filter((event) => event === 'leave bob').length).toBeGreaterThan(0);
  });

  test('25: who does not ask for presence gets none, and is seen all the same', async () => {
    const proxy = await openProxy();
    const quiet = await join({ vsn, url: proxy.url, topic: 'quiet', config: { presence: { key: 'quiet' } } });
    const seeing = await join({ vsn, topic: 'quiet', ...keyed('seeing') });
    await quiet.channel.track({ here: true });
    await until(seeing, { quiet: [{ here: true }] });
    await seeing.channel.track({ here: true });
    expect(await quiet.channel.untrack()).toBe('ok');
    expect(proxy.toClient.filter(({ text }) => /presence_(state|diff)/.test(text))).toEqual([]);
  });

  test('26: after a reconnect those who left meanwhile are gone, and there are no ghosts', async () => {
    const proxy = await openProxy();
    const ada = await join({ vsn, url: proxy.url, topic: 'ghosts', ...keyed('ada') });
    const bob = await join({ vsn, topic: 'ghosts', ...keyed('bob') });
    const cyd = await join({ vsn, topic: 'ghosts', ...keyed('cyd') });
    for (const each of [ada, bob, cyd]) await each.channel.track({ n: 1 });
    await until(ada, { ada: [{ n: 1 }], bob: [{ n: 1 }], cyd: [{ n: 1 }] });
    proxy.end(1006);
    await until(cyd, { bob: [{ n: 1 }], cyd: [{ n: 1 }] });
    await bob.close();
    await ada.status('SUBSCRIBED', 2);
    await until(ada, { cyd: [{ n: 1 }] });
    expect(ada.presence).toContain('leave bob');
    // A rejoin of the same topic on the same socket takes what was shown along, too.
    await ada.channel.track({ n: 2 });
    await until(cyd, { cyd: [{ n: 1 }], ada: [{ n: 2 }] });
    void ada.client.removeChannel(ada.channel);
    const again = listen({ vsn, topic: 'ghosts', client: ada.client, ...keyed('ada') });
    await again.status('SUBSCRIBED');
    await until(cyd, { cyd: [{ n: 1 }] });
    await again.channel.track({ n: 3 });
    await until(cyd, { cyd: [{ n: 1 }], ada: [{ n: 3 }] });
  });

  test('27: the sixth change in 30 s is answered with the reason, and nothing else happens', async () => {
    const proxy = await openProxy();
    const busy = await join({ vsn, url: proxy.url, topic: 'busy', ...keyed('busy') });
    const answers = [];
    for (let n = 1; n <= 6; n++) answers.push(await busy.channel.track({ n }));
    expect(answers).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'error']);
    expect(proxy.toClient.at(-1)?.text).toMatch(/PresenceRateLimitReached: at most 5 changes in 30 s/);
    // What is shown already costs nothing to say again.
    expect(await busy.channel.track({ n: 5 })).toBe('ok');
    checks.live.clock.advance(6_000);
    expect(await busy.channel.track({ n: 7 })).toBe('ok');
    await until(busy, { busy: [{ n: 7 }] });
    expect(busy.statuses).toEqual(['SUBSCRIBED']);
  });

  test('27: what is shown has a size, and so has all that a room shows', async () => {
    const proxy = await openProxy();
    const first = await join({ vsn, url: proxy.url, topic: 'full', ...keyed('first') });
    const reason = () => proxy.toClient.at(-1)?.text;
    expect(await first.channel.track({ text: 'x'.repeat(200) })).toBe('error');
    expect(reason()).toMatch(/PayloadTooLarge: what is tracked has at most 200 bytes/);
    expect(await first.channel.send({ type: 'presence', event: 'track', payload: [1] })).toBe('error');
    expect(reason()).toMatch(/Presence track payload must be a map/);
    expect(await first.channel.send({ type: 'presence', event: 'dance' })).toBe('error');
    for (const key of ['second', 'third']) {
      const other = await join({ vsn, topic: 'full', ...keyed(key) });
      expect(await other.channel.track({ text: 'x'.repeat(150) })).toBe('ok');
    }
    expect(await first.channel.track({ text: 'x'.repeat(150) })).toBe('error');
    expect(reason()).toMatch(/PresenceRoomFull: /);
    const reserved = await join({ vsn, topic: 'reserved', ...keyed('ids') });
    expect(await reserved.channel.track({ a: 1 })).toBe('error');
    const odd = await join({ vsn, topic: 'odd', ...keyed('__proto__') });
    expect(await odd.channel.track({ phx_ref: 'forged', a: 1 })).toBe('ok');
    await odd.signal.until(
      'itself',
      () => Object.keys(shown(odd)).length === 1 || odd.presence.includes('join __proto__'),
    );
  });
});
