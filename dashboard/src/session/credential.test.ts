import { expect, test } from 'vitest';
import { parseCredential, storeCredential, storedCredential } from './credential.ts';

/** The part of the browser's storage that is used, kept in a Map. */
function memoryStorage(): Storage {
  const kept = new Map<string, string>();
  return {
    ...{ length: 0, clear: () => kept.clear(), key: () => null },
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

test('a key and a token are told apart, with the blanks of a paste removed', () => {
  expect(parseCredential(' tsk_ab_cd\n')).toEqual({ kind: 'key', value: 'tsk_ab_cd' });
  expect(parseCredential('aa.bb-_.cc')).toEqual({ kind: 'token', value: 'aa.bb-_.cc' });
});

test.for([
  '',
  '   ',
  'hello',
  'a.b',
  'a.b.c.d',
  'a b.c.d',
  `tsk_${'x'.repeat(9_000)}`,
])('"%s" is refused with a sentence', (pasted) => {
  expect(parseCredential(pasted)).toEqual({ problem: expect.stringMatching(/\.$|\)\.$/) });
});

test('a credential is kept until it is forgotten, and an unreadable one is as none', () => {
  const storage = memoryStorage();
  storeCredential({ kind: 'key', value: 'tsk_ab_cd' }, storage);
  expect(storedCredential(storage)).toEqual({ kind: 'key', value: 'tsk_ab_cd' });
  storeCredential(undefined, storage);
  expect(storedCredential(storage)).toBeUndefined();
  storage.setItem('tillstream.credential', 'from another page');
  expect(storedCredential(storage)).toBeUndefined();
});
