// Square's OAuth: codes for five minutes, access for thirty days (or one), and two kinds of refresh token: the secret
// keeper's stays for ever, the public client's (PKCE) is used up by being used.

import { createHash } from 'node:crypto';
import { mixedId } from '../external-ids.ts';
import type { Answer, Ask } from '../http-door.ts';
import { readRecord, textOf } from '../http-door.ts';
import { invalid, SquareRefusal, unauthorized } from './refusals.ts';
import { stamp } from './square-money.ts';

export interface SquareApp {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUrl?: string;
}

interface Grant {
  readonly token: string;
  readonly scopes: ReadonlySet<string>;
  expiresAt: number;
  revoked: boolean;
}

interface Code {
  readonly scopes: ReadonlySet<string>;
  readonly redirectUrl: string | undefined;
  readonly challenge: string | undefined;
  readonly shortLived: boolean;
  readonly expiresAt: number;
}

interface Refresh extends Omit<Code, 'challenge' | 'redirectUrl'> {
  readonly isPublic: boolean;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
const allScopes = ['ORDERS_READ', 'PAYMENTS_READ', 'ITEMS_READ', 'INVENTORY_READ', 'MERCHANT_PROFILE_READ'];

export interface OauthPorts {
  readonly app: SquareApp;
  readonly seed: string;
  readonly merchant: string;
  readonly now: () => number;
  readonly pkceRefreshDays: number;
  /** What the merchant answers on the consent page. */
  readonly consent: 'given' | 'denied';
  readonly onRevoked: () => void;
}

export class SquareOauth {
  /** The account's own token: everything, for ever. */
  readonly personalToken: string;
  /** Successful refreshes, so that a test can tell that only one holder renews. */
  refreshes = 0;
  readonly #ports: OauthPorts;
  readonly #grants = new Map<string, Grant>();
  readonly #codes = new Map<string, Code>();
  readonly #refreshTokens = new Map<string, Refresh>();
  #count = 0;

  constructor(ports: OauthPorts) {
    this.#ports = ports;
    this.personalToken = `EAAA${mixedId(60, ports.seed, 'personal')}`;
  }

  /** Throws the refusal of a request whose token is missing, old, revoked or short of `scope`. */
  check(token: string | undefined, scope: string | undefined): void {
    if (token === this.personalToken) return;
    const grant = this.#grants.get(token ?? '');
    if (!grant) throw unauthorized('UNAUTHORIZED', 'This request could not be authorized.');
    if (grant.revoked) throw unauthorized('ACCESS_TOKEN_REVOKED', 'The access token was revoked.');
    if (grant.expiresAt <= this.#ports.now()) {
      throw unauthorized('ACCESS_TOKEN_EXPIRED', 'The access token has expired.');
    }
    if (scope !== undefined && !grant.scopes.has(scope)) {
      throw new SquareRefusal(403, {
        category: 'AUTHENTICATION_ERROR',
        code: 'INSUFFICIENT_SCOPES',
        detail: `The merchant has not given your application ${scope}.`,
      });
    }
  }

  /** What the merchant's browser goes through: consent is given, or denied, at once. */
  authorize(ask: Ask): Answer {
    const { query } = ask;
    if (query.get('client_id') !== this.#ports.app.clientId)
      throw invalid('INVALID_VALUE', 'Unknown client_id', 'client_id');
    const back = new URL(query.get('redirect_uri') ?? this.#ports.app.redirectUrl ?? 'http://localhost/');
    if (query.get('state') !== null) back.searchParams.set('state', query.get('state') ?? '');
    if (this.#ports.consent === 'denied') {
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_description', 'user_denied');
      return { status: 302, headers: { location: back.href } };
    }
    const code = `sq0cgb-${mixedId(22, this.#ports.seed, 'code', ++this.#count)}`;
    this.#codes.set(code, {
      scopes: new Set(query.get('scope')?.split(/[ +]/) ?? allScopes),
      redirectUrl: query.get('redirect_uri') ?? undefined,
      challenge: query.get('code_challenge') ?? undefined,
      shortLived: query.get('short_lived') === 'true',
      expiresAt: this.#ports.now() + 5 * minuteMs,
    });
    back.searchParams.set('code', code);
    back.searchParams.set('response_type', 'code');
    return { status: 302, headers: { location: back.href } };
  }

  token(ask: Ask): Answer {
    const body = readRecord(ask.text) ?? {};
    if (body['client_id'] !== this.#ports.app.clientId) throw unauthorized('UNAUTHORIZED', 'Unknown client_id.');
    const secret = textOf(body['client_secret']);
    if (secret !== undefined && secret !== this.#ports.app.clientSecret) {
      throw unauthorized('UNAUTHORIZED', 'Wrong client_secret.');
    }
    if (body['grant_type'] === 'authorization_code') return this.#exchange(body, secret !== undefined);
    if (body['grant_type'] === 'refresh_token')
      return this.#refresh(textOf(body['refresh_token']), secret !== undefined);
    throw invalid('BAD_REQUEST', 'grant_type must be authorization_code or refresh_token', 'grant_type');
  }

  revoke(ask: Ask): Answer {
    const body = readRecord(ask.text) ?? {};
    const grant = this.#grants.get(textOf(body['access_token']) ?? '');
    if (ask.headers['authorization'] !== `Client ${this.#ports.app.clientSecret}`) {
      throw unauthorized('UNAUTHORIZED', 'The client secret is needed: Authorization: Client SECRET.');
    }
    if (!grant && body['merchant_id'] !== this.#ports.merchant) throw invalid('NOT_FOUND', 'Nothing to revoke.');
    this.revokeAll();
    return { status: 200, body: { success: true } };
  }

  status(token: string | undefined): Answer {
    this.check(token, undefined);
    const grant = this.#grants.get(token ?? '');
    return {
      status: 200,
      body: {
        scopes: grant ? [...grant.scopes] : allScopes,
        client_id: this.#ports.app.clientId,
        merchant_id: this.#ports.merchant,
        ...(grant ? { expires_at: stamp(grant.expiresAt) } : {}),
      },
    };
  }

  /** The merchant cuts the connection. */
  revokeAll(): void {
    for (const grant of this.#grants.values()) grant.revoked = true;
    this.#refreshTokens.clear();
    this.#ports.onRevoked();
  }

  #exchange(body: Readonly<Record<string, unknown>>, keepsSecret: boolean): Answer {
    const name = textOf(body['code']) ?? '';
    const code = this.#codes.get(name);
    this.#codes.delete(name);
    if (!code || code.expiresAt <= this.#ports.now())
      throw unauthorized('UNAUTHORIZED', 'Authorization code not found.');
    // Where the code was sent to is part of it: told another address, it was taken from somebody.
    const redirectUrl = textOf(body['redirect_uri']);
    if (redirectUrl !== undefined && redirectUrl !== code.redirectUrl) {
      throw unauthorized('UNAUTHORIZED', 'The redirect_uri is not that of the authorization.');
    }
    const verifier = createHash('sha256')
      .update(textOf(body['code_verifier']) ?? '')
      .digest('base64url');
    if (code.challenge === undefined ? !keepsSecret : verifier !== code.challenge) {
      throw unauthorized('UNAUTHORIZED', 'Neither the client secret nor the code verifier fits.');
    }
    return this.#grant(code, code.challenge !== undefined, undefined);
  }

  #refresh(token: string | undefined, keepsSecret: boolean): Answer {
    const known = this.#refreshTokens.get(token ?? '');
    if (!known || token === undefined || known.expiresAt <= this.#ports.now()) {
      throw unauthorized('UNAUTHORIZED', 'The refresh token is not valid.');
    }
    if (!known.isPublic && !keepsSecret) throw unauthorized('UNAUTHORIZED', 'The client secret is needed.');
    if (known.isPublic) this.#refreshTokens.delete(token);
    this.refreshes++;
    return this.#grant(known, known.isPublic, known.isPublic ? undefined : token);
  }

  #grant(given: Omit<Code, 'challenge' | 'redirectUrl'>, isPublic: boolean, keptRefresh: string | undefined): Answer {
    const { seed, merchant, now } = this.#ports;
    const n = ++this.#count;
    const token = `EAAA${mixedId(60, seed, 'access', n)}`;
    const refreshToken = keptRefresh ?? `EQAA${mixedId(60, seed, 'refresh', n)}`;
    const expiresAt = now() + (given.shortLived ? 1 : 30) * dayMs;
    this.#grants.set(token, { token, scopes: given.scopes, expiresAt, revoked: false });
    const refreshEnds = isPublic ? now() + this.#ports.pkceRefreshDays * dayMs : Number.POSITIVE_INFINITY;
    this.#refreshTokens.set(refreshToken, { ...given, isPublic, expiresAt: refreshEnds });
    return {
      status: 200,
      body: {
        access_token: token,
        token_type: 'bearer',
        expires_at: stamp(expiresAt),
        merchant_id: merchant,
        refresh_token: refreshToken,
        short_lived: given.shortLived,
      },
    };
  }
}
