import { expect, test } from 'vitest';
import { parseJoinConfig } from './join-config.ts';

const nothing = {
  bindings: [],
  isPrivate: false,
  broadcast: { ack: false, self: false, replay: null, replicationReady: false },
  presence: { key: '', enabled: false },
  wait: false,
  accessToken: null,
};

test('a join that asks for nothing, or for nonsense, is still a join', () => {
  for (const payload of [undefined, null, 7, 'x', [], {}, { config: null }, { config: { postgres_changes: null } }]) {
    expect(parseJoinConfig(payload)).toEqual(nothing);
  }
  const config = { postgres_changes: 'all', postgres_changes_options: [], broadcast: 7, presence: 'x', private: {} };
  const nonsense = { config, access_token: 5 };
  expect(parseJoinConfig(nonsense)).toEqual(nothing);
});

test('booleans may come as words', () => {
  const waits = (wait: unknown) => parseJoinConfig({ config: { postgres_changes_options: { wait } } }).wait;
  expect([true, 'true', 'TRUE'].map(waits)).toEqual([true, true, true]);
  expect([false, 'False', 'perhaps', 1, null].map(waits)).toEqual([false, false, false, false, false]);
});

test('one member that makes no sense does not spoil the others', () => {
  const asked = { event: 'INSERT', schema: 'public', table: 'orders' };
  const parsed = parseJoinConfig({ config: { postgres_changes_options: 'all', postgres_changes: [asked, null] } });
  expect(parsed.wait).toBe(false);
  expect(parsed.bindings).toEqual([
    { asked, event: 'INSERT', schema: 'public', table: 'orders', filter: null, select: null, unread: null },
  ]);
});

test('broadcast and presence are taken member by member', () => {
  const parsed = parseJoinConfig({
    config: {
      private: 'true',
      broadcast: { ack: 'yes', self: true, replay: { since: 1 } },
      presence: { key: 7, enabled: true },
    },
  });
  expect(parsed).toMatchObject({
    isPrivate: true,
    broadcast: { ack: false, self: true, replay: { since: 1 }, replicationReady: false },
    presence: { key: '', enabled: true },
  });
  expect(parseJoinConfig({ config: { broadcast: { ack: true } } }).broadcast.ack).toBe(true);
  expect(parseJoinConfig({ config: { presence: { key: 'k' } } }).presence.key).toBe('k');
});

test('the token may have its old name and copied whitespace', () => {
  expect(parseJoinConfig({ access_token: ' ab\nc ' }).accessToken).toBe('abc');
  expect(parseJoinConfig({ user_token: 'abc' }).accessToken).toBe('abc');
  expect(parseJoinConfig({ access_token: ' ' }).accessToken).toBeNull();
});
