// Secrets at rest, under envelope encryption: each is sealed with AES-256-GCM under a data key of its own, and the data
// key under a key that the database does not hold. Both layers are bound to the place where the secret is kept, so that a
// ciphertext copied into another tenant's row does not open there; and when the outer key is replaced, only data keys are
// wrapped anew, so that nobody needs to see the secrets themselves.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { systemClock } from './clock.ts';

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
  /** False for what an older key of the ring sealed and should be wrapped anew. */
  isCurrent(sealed: Uint8Array): boolean;
  /** The same secret under the first key of the ring. Throws a SecretError as `open` does. */
  rewrap(sealed: Uint8Array, place: SecretPlace): Uint8Array;
  /** A key for another purpose, e.g. signing tokens. Independent of the others: leaking it opens nothing else. */
  deriveKey(purpose: string, bytes?: number): Uint8Array;
  /** The same of each former key of the ring: what they signed is still to be believed. */
  deriveFormerKeys(purpose: string): Uint8Array[];
}

export class SecretError extends Error {
  override readonly name = 'SecretError';
}

// version 2 | key id 8 | box of the data key 60 | box of the secret. A box: nonce 12 | tag 16 | ciphertext.
// Version 1, of earlier releases, had no data key: version | key id 8 | box of the secret.
const [directVersion, envelopeVersion] = [1, 2];
const keyIdBytes = 8;
const idEnd = 1 + keyIdBytes;
const nonceBytes = 12;
const tagBytes = 16;
const boxBytes = nonceBytes + tagBytes;
const wrappedEnd = idEnd + boxBytes + secretKeyBytes;

/** How old the ring may be that something is sealed under, in ms. */
const sealUnreadMs = 5_000;

interface RingKey {
  readonly key: Uint8Array;
  readonly id: Buffer;
  readonly sealingKey: Buffer;
}

export interface SecretsOptions {
  /**
   * Reads the ring anew; asked when a value names a key that is not in it, and now and then before something is sealed:
   * that is how a running server learns that the key was replaced. Null where there is nothing to read it from.
   */
  readonly reload?: () => readonly Uint8Array[] | null;
}

/** `keys`: 32 random bytes each; the first seals and derives, all of them open. That is how a key is replaced. */
export function createSecrets(keys: readonly Uint8Array[], { reload = () => null }: SecretsOptions = {}): Secrets {
  let ring = makeRing(keys);
  let readAtMs = systemClock.monotonicMs();

  function renew(): void {
    const renewed = reload();
    if (renewed !== null) ring = makeRing(renewed);
    readAtMs = systemClock.monotonicMs();
  }

  function keyOf(id: Buffer): RingKey {
    const find = () => ring.find((candidate) => candidate.id.equals(id));
    const known = find();
    if (known !== undefined) return known;
    renew();
    const found = find();
    if (found === undefined) throw new SecretError(`The secret key ${id.toString('hex')} is not in the ring.`);
    return found;
  }

  /** A sealed value taken apart, with the key that opens its outer box. */
  function parse(sealed: Uint8Array) {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const version = bytes[0];
    const least = version === envelopeVersion ? wrappedEnd + boxBytes : idEnd + boxBytes;
    if (bytes.length < least || (version !== directVersion && version !== envelopeVersion)) {
      throw new SecretError('This is not a sealed secret.');
    }
    return { bytes, version, key: keyOf(bytes.subarray(1, idEnd)) };
  }

  /** The key of the inner box of a value of version 2. */
  function dataKeyOf({ bytes, key }: ReturnType<typeof parse>, place: SecretPlace): Buffer {
    return openBox(key.sealingKey, bytes.subarray(idEnd, wrappedEnd), associatedData(envelopeVersion, place, key.id));
  }

  function wrap(dataKey: Buffer, place: SecretPlace): Buffer {
    const [sealer] = ring;
    const wrapped = sealBox(sealer.sealingKey, dataKey, associatedData(envelopeVersion, place, sealer.id));
    return Buffer.concat([Buffer.of(envelopeVersion), sealer.id, wrapped]);
  }

  function seal(plaintext: string | Uint8Array, place: SecretPlace): Uint8Array {
    // Under a key that was retired meanwhile, it would be lost at the next start.
    if (systemClock.monotonicMs() - readAtMs > sealUnreadMs) renew();
    const dataKey = randomBytes(secretKeyBytes);
    const box = sealBox(dataKey, Buffer.from(plaintext), associatedData(envelopeVersion, place));
    return new Uint8Array(Buffer.concat([wrap(dataKey, place), box]));
  }

  function open(sealed: Uint8Array, place: SecretPlace): Uint8Array {
    const parsed = parse(sealed);
    const { bytes, version, key } = parsed;
    if (version === directVersion) {
      const inner = openBox(key.sealingKey, bytes.subarray(idEnd), associatedData(directVersion, place, key.id));
      return new Uint8Array(inner);
    }
    const dataKey = dataKeyOf(parsed, place);
    return new Uint8Array(openBox(dataKey, bytes.subarray(wrappedEnd), associatedData(envelopeVersion, place)));
  }

  return {
    seal,
    open,
    openText: (sealed, place) => Buffer.from(open(sealed, place)).toString('utf8'),
    isCurrent: (sealed) => sealed[0] === envelopeVersion && ring[0].id.equals(sealed.subarray(1, idEnd)),
    rewrap(sealed, place) {
      const parsed = parse(sealed);
      if (parsed.version === directVersion) return seal(open(sealed, place), place);
      const wrapped = wrap(dataKeyOf(parsed, place), place);
      return new Uint8Array(Buffer.concat([wrapped, parsed.bytes.subarray(wrappedEnd)]));
    },
    deriveKey: (purpose, bytes = secretKeyBytes) => deriveFor(ring[0], purpose, bytes),
    deriveFormerKeys: (purpose) => ring.slice(1).map((former) => deriveFor(former, purpose, secretKeyBytes)),
  };
}

function makeRing(keys: readonly Uint8Array[]): readonly [RingKey, ...RingKey[]] {
  const [first, ...others] = keys.map(ringKey);
  if (first === undefined) throw new SecretError('There must be at least one secret key.');
  return [first, ...others];
}

function ringKey(key: Uint8Array): RingKey {
  if (key.length !== secretKeyBytes) {
    throw new SecretError(`A secret key has ${secretKeyBytes} bytes, this one has ${key.length}.`);
  }
  // The id is a digest of a derived value, so that it tells nothing about the key itself.
  const id = createHash('sha256')
    .update(derive(key, 'tillstream/key-id', secretKeyBytes))
    .digest();
  return { key, id: id.subarray(0, keyIdBytes), sealingKey: derive(key, 'tillstream/seal', secretKeyBytes) };
}

function derive(key: Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(), info, bytes));
}

function deriveFor({ key }: RingKey, purpose: string, bytes: number): Uint8Array {
  return new Uint8Array(derive(key, `tillstream/use/${purpose}`, bytes));
}

function sealBox(key: Uint8Array, plaintext: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(bound);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

function openBox(key: Uint8Array, box: Buffer, bound: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(bound);
  decipher.setAuthTag(box.subarray(nonceBytes, boxBytes));
  try {
    return Buffer.concat([decipher.update(box.subarray(boxBytes)), decipher.final()]);
  } catch (cause) {
    throw new SecretError('The secret was changed, or moved from another place.', { cause });
  }
}

// JSON keeps the parts apart: ["a","bc"] and ["ab","c"] differ, which plain concatenation would not ensure. The outer box
// has the id of its key bound in; the inner one stays as it is when that key is replaced.
function associatedData(version: number, { tenant, table, row, column }: SecretPlace, keyId?: Buffer): Buffer {
  return Buffer.from(JSON.stringify([version, keyId?.toString('hex') ?? null, tenant, table, row, column]));
}
