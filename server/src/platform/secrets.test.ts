import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { loadSecretKeys, readSecretKeys, writeSecretKeys } from './secret-key-file.ts';
import { createSecrets, SecretError, type SecretPlace } from './secrets.ts';

const [keyA, keyB] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const place: SecretPlace = { tenant: 'f1', table: 'pos_systems', row: 'r1', column: 'api_credentials' };

test('what is sealed opens in its place, whatever it is', () => {
  const secrets = createSecrets([keyA]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const sealed = secrets.seal(bytes, place);
      expect(secrets.open(sealed, place)).toEqual(bytes);
      expect(sealed.length).toBe(bytes.length + 97);
    }),
  );
  expect(secrets.openText(secrets.seal('pässwörd 🍕', place), place)).toBe('pässwörd 🍕');
});

test('two seals of the same text have nothing in common but their header', () => {
  const secrets = createSecrets([keyA]);
  const [one, two] = [secrets.seal('same', place), secrets.seal('same', place)];
  expect(one.slice(9)).not.toEqual(two.slice(9));
});

test.each(['tenant', 'table', 'row', 'column'] as const)('a ciphertext moved to another %s does not open', (part) => {
  const secrets = createSecrets([keyA]);
  const sealed = secrets.seal('token', place);
  expect(() => secrets.open(sealed, { ...place, [part]: 'other' })).toThrow(SecretError);
});

test('parts of a place do not run into each other', () => {
  const secrets = createSecrets([keyA]);
  const sealed = secrets.seal('token', { ...place, table: 'ab', row: 'c' });
  expect(() => secrets.open(sealed, { ...place, table: 'a', row: 'bc' })).toThrow(SecretError);
});

test('a changed byte anywhere is noticed, as is anything that was never sealed', () => {
  const secrets = createSecrets([keyA]);
  const sealed = secrets.seal('token', place);
  for (let index = 0; index < sealed.length; index++) {
    const changed = Uint8Array.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => secrets.open(changed, place), `byte ${index}`).toThrow(SecretError);
  }
  for (const bytes of [new Uint8Array(), Buffer.from('token'), sealed.slice(0, 96)]) {
    expect(() => secrets.open(bytes, place)).toThrow(SecretError);
  }
});

test('a key is replaced by putting a new one in front: old values open, and say that they are old', () => {
  const old = createSecrets([keyA]).seal('token', place);
  const replaced = createSecrets([keyB, keyA]);
  expect(replaced.openText(old, place)).toBe('token');
  expect(replaced.isCurrent(old)).toBe(false);
  expect(replaced.isCurrent(replaced.seal('token', place))).toBe(true);
  expect(() => createSecrets([keyB]).open(old, place)).toThrow(/not in the ring/);
});

test('wrapping anew moves a secret to the new key and leaves its ciphertext as it is', () => {
  const old = createSecrets([keyA]).seal('token', place);
  const replaced = createSecrets([keyB, keyA]);
  const wrapped = replaced.rewrap(old, place);
  expect(wrapped.slice(69)).toEqual(old.slice(69));
  expect(createSecrets([keyB]).openText(wrapped, place)).toBe('token');
  expect(() => replaced.rewrap(old, { ...place, row: 'other' })).toThrow(SecretError);
  expect(() => createSecrets([keyB]).open(wrapped, { ...place, row: 'other' })).toThrow(SecretError);
});

test('a value of an earlier release, sealed without a data key, opens and is wrapped into the present form', () => {
  // Sealed by the release that wrote version 1, under keyA and for this place.
  const old = Buffer.from(
    '01c16419e9c04f8643146a6d267a0c045a1fa75c1cfdafc70c11d4a20899cff2a303d8da9ef4317953d0',
    'hex',
  );
  const secrets = createSecrets([keyA]);
  expect(secrets.openText(old, place)).toBe('token');
  expect(secrets.isCurrent(old)).toBe(false);
  expect(secrets.openText(secrets.rewrap(old, place), place)).toBe('token');
  expect(() => secrets.open(old, { ...place, tenant: 'f2' })).toThrow(SecretError);
});

test('a server that meets a key that it does not know reads its ring anew, and believes what the former one signed', () => {
  let ring = [keyA];
  const running = createSecrets([keyA], { reload: () => ring });
  ring = [keyB, keyA];
  const sealed = createSecrets(ring).seal('token', place);
  expect(running.openText(sealed, place)).toBe('token');
  expect(running.isCurrent(sealed)).toBe(true);
  expect(running.deriveFormerKeys('tokens')).toEqual([createSecrets([keyA]).deriveKey('tokens')]);
});

test('derived keys differ by purpose and by key, and stay the same', () => {
  const secrets = createSecrets([keyA]);
  expect(secrets.deriveKey('tokens')).toEqual(createSecrets([keyA]).deriveKey('tokens'));
  expect(secrets.deriveKey('tokens')).not.toEqual(secrets.deriveKey('webhooks'));
  expect(secrets.deriveKey('tokens')).not.toEqual(createSecrets([keyB]).deriveKey('tokens'));
  expect(secrets.deriveKey('tokens', 64)).toHaveLength(64);
});

test('a key of another length, or none, is refused', () => {
  expect(() => createSecrets([])).toThrow(SecretError);
  expect(() => createSecrets([new Uint8Array(16)])).toThrow(/32 bytes/);
});

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tillstream-secrets-'));
  directories.push(directory);
  return directory;
}

test('the key file is made once, for its user only, also by ten that start at the same time', async () => {
  const dataDir = join(await temporaryDirectory(), 'data');
  const keys = await Promise.all(Array.from({ length: 10 }, () => loadSecretKeys(dataDir)));
  for (const ring of keys) expect(ring).toEqual(keys[0]);
  expect(await loadSecretKeys(dataDir)).toEqual(keys[0]);
  expect((await stat(join(dataDir, 'secret.key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['secret.key']);
});

test('the key file holds a ring, which is replaced as a whole', async () => {
  const dataDir = await temporaryDirectory();
  expect(readSecretKeys(dataDir)).toBeNull();
  const [first] = await loadSecretKeys(dataDir);
  await writeSecretKeys(dataDir, [keyB, first as Uint8Array]);
  expect(await loadSecretKeys(dataDir)).toEqual([keyB, first]);
  expect((await stat(join(dataDir, 'secret.key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['secret.key']);
});

test('a key file that others can read, or that is broken, stops the start with what to do', async () => {
  const dataDir = await temporaryDirectory();
  const path = join(dataDir, 'secret.key');
  await writeFile(path, 'c2hvcnQ=\n', { mode: 0o600 });
  await expect(loadSecretKeys(dataDir)).rejects.toThrow(/does not hold a key of 32 bytes/);
  await chmod(path, 0o644);
  await expect(loadSecretKeys(dataDir)).rejects.toThrow(`chmod 600 ${path}`);
});
