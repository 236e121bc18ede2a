// Check 21: what a client asks for of before its join.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../../platform/clock.ts';
import { type Listener, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { makePerson, notificationEvent } from '../live-gateway.ts';

const { checks, listen, join } = useLiveGateway();

const titles = ({ broadcasts }: Listener) => broadcasts.map(({ payload }) => (payload as { title: string }).title);
const numbered = (count: number, first = 1) => Array.from({ length: count }, (_, n) => `n ${n + first}`);

describe.each(versions)('serializer %s', (vsn) => {
  /** A person with 60 notifications: 30 by themselves, 30 in one transaction. */
  async function someone() {
    const { live, ground } = checks;
    const person = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    const other = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    const told = (title: string) => notificationEvent(ground.own, person.userId, title);
    const since = systemClock.now().getTime();
    await live.append(notificationEvent(ground.own, other.userId, "somebody else's"));
    for (const title of numbered(30)) await live.append(told(title));
    await live.append(...numbered(30, 31).map(told));
    const options = { vsn, topic: `user:${person.userId}`, token: () => person.token };
    const ask = async (replay: object) => {
      const listener = await join({ ...options, config: { private: true, broadcast: { replay } as object } });
      await listener.signal.until('something', () => listener.broadcasts.length > 0);
      await live.append(told('end'));
      await listener.signal.until('the end', () => titles(listener).includes('end'));
      return listener;
    };
    return { person, told, since, ask, options };
  }

  test('21: the newest are told again, oldest first, as many as are asked for', async () => {
    const { since, ask } = await someone();
    const all = await ask({ since, limit: 1_000 });
    expect(titles(all)).toEqual([...numbered(60), 'end']);
    expect(all.broadcasts.map(({ meta }) => meta?.replayed ?? false)).toEqual([...Array(60).fill(true), false]);
    expect(new Set(all.broadcasts.map(({ meta }) => meta?.id)).size).toBe(61);
    // By now there is one "end" more each time.
    const limits: [number | undefined, number][] = [
      [undefined, 25],
      [25, 25],
      [26, 26],
      [1, 1],
      [0, 1],
    ];
    for (const [limit, count] of limits) {
      const listener = await ask({ since, ...(limit !== undefined && { limit }) });
      expect(listener.broadcasts.filter(({ meta }) => meta?.replayed === true)).toHaveLength(count);
    }
  });

  test('21: nothing of before `since`, and what also arrives live is told once', async () => {
    const { live } = checks;
    const { told, options, ask } = await someone();
    await ask({ since: 0 });
    // The log's clock is the database's.
    const [now] = await live.database.rows<{ ms: string }>('select extract(epoch from clock_timestamp()) * 1000 as ms');
    const writing = (async () => {
      for (const title of numbered(40)) await live.append(told(title));
    })();
    const replay = { since: Number(now?.ms), limit: 1_000 };
    const listener = await join({ ...options, config: { private: true, broadcast: { replay } } });
    await writing;
    await live.append(told('last'));
    await listener.signal.until('the last', () => titles(listener).includes('last'));
    expect(titles(listener)).toEqual([...numbered(40), 'last']);
  });

  test('21: refused on a public channel and for parameters that are none; other topics have nothing to tell', async () => {
    const { options } = await someone();
    const refused = (private_: boolean, replay: unknown) => {
      // The client would throw for the first by itself.
      const listener = listen({ ...options, config: { private: true } });
      Object.assign(listener.channel.params.config, { private: private_, broadcast: { replay } });
      return listener;
    };
    const { since } = { since: 1 };
    for (const [isPrivate, replay, reason] of [
      [false, { since }, 'Replay is not allowed for public channels'],
      [true, { since: 'yesterday' }, 'Replay params are not valid'],
      [true, {}, 'Replay params are not valid'],
      [true, { since: 1e300 }, 'Replay params are not valid'],
    ] as const) {
      const listener = refused(isPrivate, replay);
      await listener.status('CHANNEL_ERROR');
      expect(listener.statuses[0]).toBe(`CHANNEL_ERROR: UnableToReplayMessages: ${reason}`);
      await listener.close();
    }
    const elsewhere = await join({
      ...options,
      topic: 'kitchen',
      config: { private: true, broadcast: { replay: { since } } },
    });
    const speaker = await join({ ...options, topic: 'kitchen', config: { private: true } });
    await speaker.channel.send({ type: 'broadcast', event: 'x', payload: { title: 'said' } });
    await elsewhere.signal.until('what was said', () => elsewhere.broadcasts.length > 0);
    expect(titles(elsewhere)).toEqual(['said']);
  });
});
