// The secret keys of a server whose operator gave none: kept in the data directory, readable by its user only, one a line.
// The first seals; those below it were replaced by it and still open what they sealed.
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SecretError, secretKeyBytes } from './secrets.ts';

const pathOf = (dataDir: string) => join(dataDir, 'secret.key');

/** The keys in `<dataDir>/secret.key` (base64, mode 600), made on the first call. Two processes get the same ones. */
export async function loadSecretKeys(dataDir: string): Promise<readonly Uint8Array[]> {
  const existing = readSecretKeys(dataDir);
  if (existing !== null) return existing;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = pathOf(dataDir);
  // Written and synced beside its place and then linked there: a crash leaves no half a key, and of two processes
  // starting at once one wins and both read the winner's. Losing this key loses every secret that it sealed.
  const draft = await writeDraft(path, [randomBytes(secretKeyBytes)]);
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  const made = readSecretKeys(dataDir);
  if (made === null) throw new SecretError(`${path} vanished while it was being made.`);
  return made;
}

/** Replaces the file at once and whole: a running server reads the old ring or the new one. */
export async function writeSecretKeys(dataDir: string, keys: readonly Uint8Array[]): Promise<void> {
  const path = pathOf(dataDir);
  await rename(await writeDraft(path, keys), path);
}

/** Null where there is no file. Synchronous, because a running server asks in the middle of opening a secret. */
export function readSecretKeys(dataDir: string): readonly Uint8Array[] | null {
  const path = pathOf(dataDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new SecretError(`${path} can be read by other users; run: chmod 600 ${path}`);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
  const keys = text
    .trim()
    .split(/\s+/)
    .map((line) => new Uint8Array(Buffer.from(line, 'base64')));
  if (keys.some(({ length }) => length !== secretKeyBytes)) {
    throw new SecretError(
      `${path} does not hold a key of ${secretKeyBytes} bytes a line; put the right ones back, or remove the file and ` +
        'enter all credentials anew.',
    );
  }
  return keys;
}

async function writeDraft(path: string, keys: readonly Uint8Array[]): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(keys.map((key) => `${Buffer.from(key).toString('base64')}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
