// People's tokens until they sign in with a password: HS256 JWTs that any Supabase client sends unchanged. They prove who
// somebody is and nothing more; what the person may do is looked up, so that taken rights bite before a token ends.
import { compactVerify, errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../platform/clock.ts';
import { invalidToken, tokenExpired } from './errors.ts';
import { readClaims, type TokenClaims, tokenRole } from './token-claims.ts';

export const tokenLifetimeMs = 24 * 60 * 60 * 1000;
const secretBytesMin = 32;

export class Tokens {
  readonly #secrets: readonly [Uint8Array, ...Uint8Array[]];
  readonly #clock: Clock;

  /** @param secrets at least 32 bytes each, the same on every node; the first signs, all of them are believed. */
  constructor(secrets: readonly [Uint8Array, ...Uint8Array[]], clock: Clock) {
    for (const { byteLength } of secrets) {
      if (byteLength >= secretBytesMin) continue;
      throw new RangeError(`The token secret must have at least ${secretBytesMin} bytes, got ${byteLength}`);
    }
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** A token for the user, valid for 24 hours. */
  async issue(userId: string): Promise<string> {
    const nowMs = this.#clock.now().getTime();
    return new SignJWT({ role: tokenRole })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(userId)
      .setIssuedAt(new Date(nowMs))
      .setExpirationTime(new Date(nowMs + tokenLifetimeMs))
      .sign(this.#secrets[0]);
  }

  /** Throws `identity.token_expired` or `identity.invalid_token`. */
  async verify(token: string): Promise<TokenClaims> {
    return readClaims(await this.#claims(token));
  }

  async #claims(token: string) {
    for (const former of this.#secrets.slice(1)) {
      if (await isSignedBy(token, former)) return this.#claimsUnder(former, token);
    }
    return this.#claimsUnder(this.#secrets[0], token);
  }

  async #claimsUnder(secret: Uint8Array, token: string) {
    try {
      // The algorithm is ours to choose: one taken from the token's header would let its sender choose "none".
      const verified = await jwtVerify(token, secret, {
        algorithms: ['HS256'],
        requiredClaims: ['sub', 'role', 'exp'],
        currentDate: this.#clock.now(),
      });
      return verified.payload;
    } catch (error) {
      if (error instanceof joseErrors.JWTExpired) throw tokenExpired('The token has expired; sign in again.');
      if (error instanceof joseErrors.JOSEError) {
        throw invalidToken('The token is not a JWT that this server has issued.');
      }
      throw error;
    }
  }
}

/** Whether the signature is one of this secret, whatever the token says. */
async function isSignedBy(token: string, secret: Uint8Array): Promise<boolean> {
  return compactVerify(token, secret, { algorithms: ['HS256'] }).then(
    () => true,
    () => false,
  );
}
