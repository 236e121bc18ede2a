// People's tokens that another service has issued: Supabase Auth, or any OpenID Connect provider that publishes its keys
// (JWKS). They prove who somebody is here only if their `sub` is the id of one of our users; rights are ours to look up.
import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose';
import type { Clock } from '../platform/clock.ts';
import { invalidToken, keysUnavailable, tokenExpired } from './errors.ts';
import { readClaims, type TokenClaims } from './token-claims.ts';

export interface ExternalIssuer {
  /** Where the issuer publishes its public keys. */
  readonly jwksUrl: string;
  /** What `iss` must be; null: the keys alone decide. */
  readonly issuer: string | null;
  /** What `aud` must hold; null: any. A provider that serves several programs gives each its own. */
  readonly audience: string | null;
}

// Public keys alone: with a symmetric algorithm the published key itself could sign.
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const fetchMs = 5_000;

export class ExternalTokens {
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  readonly #issuer: ExternalIssuer;
  readonly #clock: Clock;

  constructor(issuer: ExternalIssuer, clock: Clock) {
    this.#issuer = issuer;
    this.#clock = clock;
    this.#keys = createRemoteJWKSet(new URL(issuer.jwksUrl), { timeoutDuration: fetchMs });
  }

  /** Whether the token is of the kind that such an issuer makes; ours are HS256. */
  static isMeant(token: string): boolean {
    try {
      return algorithms.includes(decodeProtectedHeader(token).alg ?? '');
    } catch {
      return false;
    }
  }

  /** Throws `identity.token_expired`, `identity.invalid_token`, or `identity.keys_unavailable` (503). */
  async verify(token: string): Promise<TokenClaims> {
    return readClaims(await this.#payload(token));
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.#issuer;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms,
        requiredClaims: ['sub', 'exp'],
        currentDate: this.#clock.now(),
        ...(issuer !== null && { issuer }),
        ...(audience !== null && { audience }),
      });
      return payload;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

function refusalOf(error: unknown): unknown {
  if (error instanceof joseErrors.JWTExpired) return tokenExpired('The token has expired; sign in again.');
  const isOfToken = [
    joseErrors.JWTClaimValidationFailed,
    joseErrors.JWTInvalid,
    joseErrors.JWSInvalid,
    joseErrors.JWSSignatureVerificationFailed,
    joseErrors.JWKSNoMatchingKey,
    joseErrors.JOSEAlgNotAllowed,
    joseErrors.JOSENotSupported,
  ].some((kind) => error instanceof kind);
  if (isOfToken) return invalidToken('The token was not made by the configured issuer for this server.');
  // The keys could not be fetched: that says nothing about the token, and the client may try again.
  return keysUnavailable("The token issuer's keys could not be fetched.", { cause: error });
}
