// Checks 11 and 35 to 38: whose rows somebody sees, and what becomes of a channel as rights and tokens come and go.
import { describe, expect, test } from 'vitest';
import { addMembership } from '../../../../identity/add-membership.ts';
import { removeMembership } from '../../../../identity/remove-membership.ts';
import { backgroundActor } from '../../../../platform/actor.ts';
import { type Listener, versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { makePerson, saleEvent } from '../live-gateway.ts';

const { checks, listen, join, proxy: openProxy } = useLiveGateway({ limits: { heldBytesMax: 20_000 } });
const system = backgroundActor('test');
const sales = [{ table: 'pos_transactions' }];
const hourMs = 60 * 60 * 1_000;

const numbersOf = (listener: Listener) =>
  (listener.heard[0] ?? []).map((change) => change.new['external_transaction_id']);

/** Appends sales of the shop until one is heard: a good token is answered with silence. */
async function hearFrom(listener: Listener, shop: Parameters<typeof saleEvent>[0]): Promise<void> {
  let number = 0;
  while (!listener.heard[0]?.some((change) => change.new['location_id'] === shop.locationId)) {
    await checks.live.append(saleEvent(shop, `try ${number++}`));
  }
}

describe.each(versions)('serializer %s', (vsn) => {
  const join11 = (topic: string, token: () => string) => join({ vsn, topic, token, wishes: sales });

  test('11: each sees their own rows, and what was given to them as soon as it is', async () => {
    const { live, ground } = checks;
    const { own, firm, foreign } = ground;
    const staff = await makePerson(live, { role: 'staff', locationId: own.locationId });
    const owner = await makePerson(live, { role: 'franchisee', franchiseeId: firm.franchiseeId });
    const [ofStaff, ofOwner] = [await join11('staff', () => staff.token), await join11('owner', () => owner.token)];
    await live.append(
      saleEvent(foreign, 'x'),
      saleEvent(own, 'own'),
      saleEvent(firm, 'firm'),
      saleEvent(own, 'own end'),
    );
    expect(await ofStaff.sale('own end')).toEqual(['own', 'own end']);
    expect(await ofOwner.sale('firm')).toEqual(['firm']);
    const place = { role: 'staff' as const, locationId: firm.locationId };
    await live.database.db.transaction(system, (tx) =>
      addMembership(tx, { userId: staff.userId, place, at: live.clock.now() }),
    );
    await hearFrom(ofStaff, firm);
    live.clock.advance(1_000);
    await ofStaff.client.realtime.setAuth(await live.authenticator.issueToken(staff.userId));
    await live.append(saleEvent(firm, 'after the refresh'));
    await ofStaff.sale('after the refresh');
    expect(ofStaff.statuses).toEqual(['SUBSCRIBED']);
  });

  test('11: whose rights are taken hears nothing more, and is told why', async () => {
    const { live, ground } = checks;
    const person = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    const listener = await join({
      vsn,
      topic: `location:${ground.own.locationId}`,
      token: () => person.token,
      wishes: sales,
    });
    await live.append(saleEvent(ground.own, 'before'));
    await listener.sale('before');
    const [membership] = await live.database.rows<{ id: string }>('select id from memberships where user_id = $1', [
      person.userId,
    ]);
    await live.database.db.transaction(system, (tx) =>
      removeMembership(tx, { id: String(membership?.id), at: live.clock.now() }),
    );
    // Whatever is committed after the revocation comes after it in the log.
    await live.append(...Array.from({ length: 20 }, (_, n) => saleEvent(ground.own, `after ${n}`)));
    await listener.status('CHANNEL_ERROR');
    expect(listener.system.at(-1)?.message).toMatch(/^identity\.forbidden: /);
    await listener.status('CHANNEL_ERROR', 2);
    expect(numbersOf(listener)).toEqual(['before']);
  });

  test('35: a new token changes what a live channel sees, without a rejoin; others change nothing', async () => {
    const { live, ground } = checks;
    const [first, second] = [
      await makePerson(live, { role: 'staff', locationId: ground.own.locationId }),
      await makePerson(live, { role: 'staff', locationId: ground.firm.locationId }),
    ];
    const proxy = await openProxy();
    const listener = await join({ vsn, url: proxy.url, topic: 'swap', token: () => first.token, wishes: sales });
    const say = (token: unknown) =>
      listener.channel.send({ type: 'access_token' as 'broadcast', event: 'x', access_token: token });
    for (const useless of [first.token, 'sb_publishable_x', null, checks.brandKey, '', 7]) void say(useless);
    await live.append(saleEvent(ground.firm, 'not mine'), saleEvent(ground.own, 'mine'));
    expect(await listener.sale('mine')).toEqual(['mine']);
    await listener.client.realtime.setAuth(second.token);
    await hearFrom(listener, ground.firm);
    await live.append(saleEvent(ground.own, 'no longer mine'), saleEvent(ground.firm, 'end'));
    expect(await listener.sale('end')).not.toContain('no longer mine');
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
    expect(proxy.toServer.filter(({ text }) => text.includes('phx_join'))).toHaveLength(1);
  });

  test('35: a token that is none ends the channel with the reason, and the client comes back with its own', async () => {
    const person = await makePerson(checks.live, { role: 'staff', locationId: checks.ground.own.locationId });
    const listener = await join({ vsn, topic: 'spoilt', token: () => person.token, wishes: sales });
    await listener.client.realtime.setAuth('no.good.token');
    await listener.status('CHANNEL_ERROR');
    expect(listener.system.at(-1)?.message).toMatch(/^identity\.invalid_token: /);
    await listener.client.realtime.setAuth(person.token);
    await listener.status('SUBSCRIBED', 2);
  });

  test('36: when a token ends nothing is told; the next one brings what was held, and nothing is lost', async () => {
    const { live, ground } = checks;
    const person = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    const listener = await join({ vsn, topic: 'shift', token: () => person.token, wishes: sales });
    live.clock.advance(24 * hourMs);
    await listener.signal.until('the notice', () => listener.system.some(({ message }) => /has expired/.test(message)));
    await live.append(saleEvent(ground.own, 'held'));
    await hearFrom(await join({ vsn, topic: 'witness', wishes: sales }), ground.own);
    expect(numbersOf(listener)).toEqual([]);
    // Meanwhile only control flows: what it says is answered with the reason.
    expect(await listener.channel.track({ late: true })).toBe('error');
    await listener.client.realtime.setAuth(await live.authenticator.issueToken(person.userId));
    await live.append(saleEvent(ground.own, 'live again'));
    expect((await listener.sale('live again')).filter((number) => !String(number).startsWith('try'))).toEqual([
      'held',
      'live again',
    ]);
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
  });

  test('36: more than can be held is lost, and the client is told to read anew', async () => {
    const { live, ground } = checks;
    const person = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    const listener = await join({ vsn, topic: 'long', token: () => person.token, wishes: sales });
    live.clock.advance(24 * hourMs);
    await listener.signal.until('the notice', () => listener.system.some(({ message }) => /has expired/.test(message)));
    const witness = await join({ vsn, topic: 'witness', wishes: sales });
    await live.append(...Array.from({ length: 50 }, (_, n) => saleEvent(ground.own, `n ${n}`)));
    await witness.sale('n 49');
    await listener.client.realtime.setAuth(await live.authenticator.issueToken(person.userId));
    await listener.signal.until('resync', () => listener.system.some(({ message }) => message.startsWith('resync')));
    await live.append(saleEvent(ground.own, 'from here on'));
    expect(await listener.sale('from here on')).toEqual(['from here on']);
  });

  test('36: after the grace the channel ends in a way that the client comes back from', async () => {
    const { live, ground } = checks;
    const person = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    let { token } = person;
    const listener = await join({ vsn, topic: 'over', token: () => token, wishes: sales });
    live.clock.advance(24 * hourMs + 60_000);
    await listener.status('CHANNEL_ERROR');
    expect(listener.system.at(-1)?.message).toBe('InvalidJWTToken: Token has expired');
    token = await live.authenticator.issueToken(person.userId);
    await listener.client.realtime.setAuth(token);
    await listener.status('SUBSCRIBED', 2);
    await live.append(saleEvent(ground.own, 'next shift'));
    await listener.sale('next shift');
  });

  test('37: a private channel is joined by whose place it is, and lost with the right to it', async () => {
    const { live, ground } = checks;
    const own = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    const other = await makePerson(live, { role: 'staff', locationId: ground.firm.locationId });
    const topic = `location:${ground.own.locationId}:kitchen`;
    const options = { vsn, topic, config: { private: true } };
    const denied = listen({ ...options, token: () => other.token });
    await denied.status('CHANNEL_ERROR');
    expect(denied.statuses[0]).toBe(
      `CHANNEL_ERROR: Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`,
    );
    const allowed = await join({ ...options, token: () => own.token });
    await allowed.client.realtime.setAuth(other.token);
    await allowed.status('CHANNEL_ERROR');
    expect(allowed.system.at(-1)?.message).toMatch(/^Unauthorized: You do not have permissions to read/);
  });

  test.each([
    true,
    false,
  ])('38: who subscribes before the token is there is let in with it (private: %s)', async (isPrivate) => {
    const { live, ground } = checks;
    const person = await makePerson(live, { role: 'staff', locationId: ground.own.locationId });
    // The key would let it in, as somebody else: a private channel waits for the token.
    const topic = isPrivate ? 'kitchen' : `user:${person.userId}`;
    const listener = listen({
      vsn,
      topic,
      token: () => person.token,
      isHasty: true,
      config: { private: isPrivate },
      wishes: sales,
    });
    await listener.status('SUBSCRIBED');
    expect(listener.statuses[0]).toMatch(
      isPrivate ? /^CHANNEL_ERROR: AccessTokenMissing: .*setAuth\(\)/ : /^CHANNEL_ERROR: Unauthorized: /,
    );
    await live.append(saleEvent(ground.firm, 'of the key'), saleEvent(ground.own, 'of the token'));
    expect(await listener.sale('of the token')).toEqual(['of the token']);
  });
});
