// The secret key of a server whose operator gave none: made once, kept in the data directory, readable by its user only.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SecretError, secretKeyBytes } from './secrets.ts';

/** The key in `<dataDir>/secret.key` (base64, mode 600), made on the first call. Two processes get the same one. */
export async function loadSecretKey(dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, 'secret.key');
  const existing = await readKey(path);
  if (existing !== null) return existing;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // Written and synced beside its place and then linked there: a crash leaves no half a key, and of two processes
  // starting at once one wins and both read the winner's. Losing this key loses every secret that it sealed.
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(secretKeyBytes).toString('base64')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  const made = await readKey(path);
  if (made === null) throw new SecretError(`${path} vanished while it was being made.`);
  return made;
}

async function readKey(path: string): Promise<Uint8Array | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new SecretError(`${path} can be read by other users; run: chmod 600 ${path}`);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
  const key = new Uint8Array(Buffer.from(text.trim(), 'base64'));
  if (key.length !== secretKeyBytes) {
    throw new SecretError(
      `${path} does not hold a key of ${secretKeyBytes} bytes; put the right one back, or remove the file and enter ` +
        'all credentials anew.',
    );
  }
  return key;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
