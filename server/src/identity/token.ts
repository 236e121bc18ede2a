// People's tokens until they sign in with a password: HS256 JWTs that any Supabase client sends unchanged. They prove who
// somebody is and nothing more; what the person may do is looked up, so that taken rights bite before a token ends.
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../platform/clock.ts';
import { invalidToken, tokenExpired } from './errors.ts';
import { readClaims, type TokenClaims, tokenRole } from './token-claims.ts';

export const tokenLifetimeMs = 24 * 60 * 60 * 1000;
const secretBytesMin = 32;

export class Tokens {
  readonly #secret: Uint8Array;
  readonly #clock: Clock;

  /** @param secret at least 32 bytes, the same on every node. */
  constructor(secret: Uint8Array, clock: Clock) {
    if (secret.byteLength < secretBytesMin) {
      throw new RangeError(`The token secret must have at least ${secretBytesMin} bytes, got ${secret.byteLength}`);
    }
    this.#secret = secret;
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
      .sign(this.#secret);
  }

  /** Throws `identity.token_expired` or `identity.invalid_token`. */
  async verify(token: string): Promise<TokenClaims> {
    return readClaims(await this.#claims(token));
  }

  async #claims(token: string) {
    try {
      // The algorithm is ours to choose: one taken from the token's header would let its sender choose "none".
      const verified = await jwtVerify(token, this.#secret, {
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
