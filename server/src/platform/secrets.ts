// Secrets at rest: sealed with AES-256-GCM under a key that the database does not hold, and bound to the place where
// they are kept, so that a ciphertext copied into another tenant's row does not open there.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

export const secretKeyBytes = 32;

/** Where a secret is kept. All of it is bound in: a value moved to any other place does not open. */
export interface SecretPlace {
  /** The tenant who owns the row. */
  readonly tenant: string;
  readonly table: string;
  /** The row's primary key. */
  readonly row: string;
  readonly column: string;
}

export interface Secrets {
  /** Encrypts for one place; two seals of the same text differ. */
  seal(plaintext: string | Uint8Array, place: SecretPlace): Uint8Array;
  /** Throws a SecretError for a value that was moved, changed, or sealed under a key that is not in the ring. */
  open(sealed: Uint8Array, place: SecretPlace): Uint8Array;
  openText(sealed: Uint8Array, place: SecretPlace): string;
  /** False for what an older key of the ring sealed and should be sealed anew. */
  isCurrent(sealed: Uint8Array): boolean;
  /** A key for another purpose, e.g. signing tokens. Independent of the others: leaking it opens nothing else. */
  deriveKey(purpose: string, bytes?: number): Uint8Array;
}

export class SecretError extends Error {
  override readonly name = 'SecretError';
}

// version 1 | key id 8 | nonce 12 | tag 16 | ciphertext
const version = 1;
const keyIdBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + keyIdBytes + nonceBytes + tagBytes;

interface RingKey {
  readonly id: Buffer;
  readonly sealingKey: Buffer;
}

/** `keys`: 32 random bytes each; the first seals and derives, all of them open. That is how a key is replaced. */
export function createSecrets(keys: readonly Uint8Array[]): Secrets {
  const [current] = keys;
  if (current === undefined) throw new SecretError('There must be at least one secret key.');
  const ring = keys.map(ringKey);
  const sealer = ring[0] as RingKey;

  function open(sealed: Uint8Array, place: SecretPlace): Uint8Array {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (bytes.length < headerBytes || bytes[0] !== version) throw new SecretError('This is not a sealed secret.');
    const id = bytes.subarray(1, 1 + keyIdBytes);
    const key = ring.find((candidate) => candidate.id.equals(id));
    if (key === undefined) throw new SecretError(`The secret key ${id.toString('hex')} is not in the ring.`);
    const nonce = bytes.subarray(1 + keyIdBytes, headerBytes - tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', key.sealingKey, nonce, { authTagLength: tagBytes });
    decipher.setAAD(associatedData(id, place));
    decipher.setAuthTag(bytes.subarray(headerBytes - tagBytes, headerBytes));
    try {
      return new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(headerBytes)), decipher.final()]));
    } catch (cause) {
      throw new SecretError('The secret was changed, or moved from another place.', { cause });
    }
  }

  return {
    seal(plaintext, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealer.sealingKey, nonce, { authTagLength: tagBytes });
      cipher.setAAD(associatedData(sealer.id, place));
      const ciphertext = Buffer.concat([cipher.update(Buffer.from(plaintext)), cipher.final()]);
      return new Uint8Array(Buffer.concat([Buffer.of(version), sealer.id, nonce, cipher.getAuthTag(), ciphertext]));
    },
    open,
    openText: (sealed, place) => Buffer.from(open(sealed, place)).toString('utf8'),
    isCurrent: (sealed) => sealer.id.equals(sealed.subarray(1, 1 + keyIdBytes)),
    deriveKey: (purpose, bytes = secretKeyBytes) => new Uint8Array(derive(current, `tillstream/use/${purpose}`, bytes)),
  };
}

function ringKey(key: Uint8Array): RingKey {
  if (key.length !== secretKeyBytes) {
    throw new SecretError(`A secret key has ${secretKeyBytes} bytes, this one has ${key.length}.`);
  }
  // The id is a digest of a derived value, so that it tells nothing about the key itself.
  const id = createHash('sha256')
    .update(derive(key, 'tillstream/key-id', secretKeyBytes))
    .digest();
  return { id: id.subarray(0, keyIdBytes), sealingKey: derive(key, 'tillstream/seal', secretKeyBytes) };
}

function derive(key: Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(), info, bytes));
}

// JSON keeps the parts apart: ["a","bc"] and ["ab","c"] differ, which plain concatenation would not ensure.
function associatedData(keyId: Uint8Array, place: SecretPlace): Buffer {
  const { tenant, table, row, column } = place;
  return Buffer.from(JSON.stringify([version, Buffer.from(keyId).toString('hex'), tenant, table, row, column]));
}
