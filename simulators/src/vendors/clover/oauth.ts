// Clover's OAuth v2: expiries in Unix seconds, though all else is in milliseconds, and refresh tokens that work once.

import { guid } from '../external-ids.ts';
import { type Answer, type Ask, readRecord, textOf } from '../http-door.ts';
import type { CloverIds } from './clover-ids.ts';
import { CloverRefusal } from './refusals.ts';
import type { CloverSwitches } from './switches.ts';

export interface CloverApp {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Pass {
  readonly merchant: string;
  readonly expiresAt: number;
}

export interface CloverOauthPorts {
  readonly seed: string;
  readonly ids: CloverIds;
  readonly switches: CloverSwitches;
  readonly now: () => number;
  readonly merchants: readonly string[];
}

const codeMs = 10 * 60_000;

export class CloverOauth {
  readonly app: CloverApp;
  /** Successful refreshes, so that a test can tell that only one holder renews. */
  refreshes = 0;
  readonly #ports: CloverOauthPorts;
  readonly #codes = new Map<string, Pass>();
  readonly #access = new Map<string, Pass>();
  readonly #refresh = new Map<string, Pass>();
  #count = 0;

  constructor(ports: CloverOauthPorts) {
    this.#ports = ports;
    this.app = { clientId: ports.ids.app, clientSecret: guid(ports.seed, 'clover-secret') };
    for (const merchant of ports.merchants) {
      this.#access.set(this.apiToken(merchant), { merchant, expiresAt: Number.POSITIVE_INFINITY });
    }
  }

  /** The token that a merchant makes by hand. */
  apiToken(merchant: string): string {
    return guid(this.#ports.seed, 'api-token', merchant);
  }

  /** Throws for a token that is bad, old, or another merchant's: Clover answers 401 to all three. */
  check(token: string | undefined, merchant: string | undefined): void {
    const pass = this.#access.get(token ?? '');
    if (!pass || pass.merchant !== merchant || pass.expiresAt <= this.#ports.now()) {
      throw new CloverRefusal(401, '401 Unauthorized');
    }
  }

  /** What the merchant's browser goes through; `merchant_id` says who is logged in. */
  authorize(ask: Ask): Answer {
    const { query } = ask;
    const merchant = query.get('merchant_id') ?? this.#ports.merchants[0] ?? '';
    if (query.get('client_id') !== this.app.clientId) throw new CloverRefusal(400, 'Unknown client_id');
    if (!this.#ports.merchants.includes(merchant)) throw new CloverRefusal(400, 'Unknown merchant_id');
    const back = new URL(query.get('redirect_uri') ?? 'http://localhost/');
    const code = guid(this.#ports.seed, 'code', ++this.#count);
    this.#codes.set(code, { merchant, expiresAt: this.#ports.now() + codeMs });
    back.searchParams.set('code', code);
    back.searchParams.set('merchant_id', merchant);
    back.searchParams.set('client_id', this.app.clientId);
    if (query.get('state') !== null) back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { location: back.href } };
  }

  token(ask: Ask): Answer {
    const body = readRecord(ask.text) ?? {};
    if (body['client_id'] !== this.app.clientId || body['client_secret'] !== this.app.clientSecret) {
      throw new CloverRefusal(401, 'Wrong client_id or client_secret');
    }
    return this.#trade(this.#codes, textOf(body['code']));
  }

  refresh(ask: Ask): Answer {
    const body = readRecord(ask.text) ?? {};
    if (body['client_id'] !== this.app.clientId) throw new CloverRefusal(401, 'Unknown client_id');
    const answer = this.#trade(this.#refresh, textOf(body['refresh_token']));
    this.refreshes++;
    return answer;
  }

  /** A pass works once: two who use the same refresh token lock the merchant out. */
  #trade(passes: Map<string, Pass>, name: string | undefined): Answer {
    const pass = passes.get(name ?? '');
    passes.delete(name ?? '');
    const now = this.#ports.now();
    if (!pass || pass.expiresAt <= now) throw new CloverRefusal(401, 'The code or token is not valid');
    const { accessSeconds, refreshSeconds } = this.#ports.switches;
    const n = ++this.#count;
    const [access, refresh] = [guid(this.#ports.seed, 'access', n), guid(this.#ports.seed, 'refresh', n)];
    const { merchant } = pass;
    this.#access.set(access, { merchant, expiresAt: now + accessSeconds * 1000 });
    this.#refresh.set(refresh, { merchant, expiresAt: now + refreshSeconds * 1000 });
    return {
      status: 200,
      body: {
        access_token: access,
        access_token_expiration: Math.floor(now / 1000) + accessSeconds,
        refresh_token: refresh,
        refresh_token_expiration: Math.floor(now / 1000) + refreshSeconds,
      },
    };
  }
}
