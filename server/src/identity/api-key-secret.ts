// The form of an API key: tsk_<8 public>_<43 secret>. The public part finds the row and may be shown; the secret is 32
// random bytes, of which only a SHA-256 is stored (a slow hash would protect nothing at 256 bits and cost every request).
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const publicAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const publicLength = 8;
const secretBytes = 32;
const keyPattern = /^tsk_([a-z0-9]{8})_[A-Za-z0-9_-]{43}$/;

export interface NewApiKeySecret {
  /** The whole key, shown to its maker once. */
  readonly key: string;
  /** Its 8 public characters. */
  readonly prefix: string;
  readonly hash: Buffer;
}

export function makeApiKeySecret(): NewApiKeySecret {
  // 36^8 public parts: at a million keys the next one meets a taken one once in three million times, is refused by the
  // unique key, and the request is made again.
  const prefix = Array.from({ length: publicLength }, () => publicAlphabet[randomInt(publicAlphabet.length)]).join('');
  const key = `tsk_${prefix}_${randomBytes(secretBytes).toString('base64url')}`;
  return { key, prefix, hash: hashApiKey(key) };
}

export function looksLikeApiKey(credential: string): boolean {
  return credential.startsWith('tsk_');
}

/** The public part, or null where the text has not the form of a key. */
export function apiKeyPrefix(credential: string): string | null {
  return keyPattern.exec(credential)?.[1] ?? null;
}

export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Compares in constant time, so that how long a refusal takes says nothing about the stored hash. */
export function sameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
