// Toast's login: client credentials for a token of a day, and hardly ever twice an hour.

import { createHmac } from 'node:crypto';
import { guid, mixedId } from '../external-ids.ts';
import { type Answer, type Ask, readRecord } from '../http-door.ts';
import { fixedSlices } from '../rate-limit.ts';
import { ToastRefusal } from './refusals.ts';
import type { ToastSwitches } from './switches.ts';

export interface ToastClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

const hourMs = 3_600_000;

export class ToastLogin {
  readonly client: ToastClient;
  /** Successful logins, so that a test can tell that the token is kept and shared. */
  logins = 0;
  readonly #now: () => number;
  readonly #tokenSeconds: number;
  readonly #take: ReturnType<typeof fixedSlices>;
  readonly #tokens = new Map<string, number>();

  constructor(
    seed: string,
    { loginsPerHour, tokenSeconds }: Pick<ToastSwitches, 'loginsPerHour' | 'tokenSeconds'>,
    now: () => number,
  ) {
    this.client = { clientId: mixedId(32, seed, 'client'), clientSecret: mixedId(64, seed, 'client-secret') };
    this.#now = now;
    this.#tokenSeconds = tokenSeconds;
    this.#take = fixedSlices(loginsPerHour, hourMs, now);
  }

  answer(ask: Ask): Answer {
    const body = readRecord(ask.text) ?? {};
    const { left, resetAt } = this.#take('login');
    if (left < 0) {
      const wait = Math.ceil((resetAt - this.#now()) / 1000);
      throw new ToastRefusal(429, 'Too many logins: keep the token', { 'retry-after': String(wait) });
    }
    const { clientId, clientSecret } = this.client;
    const fits = body['clientId'] === clientId && body['clientSecret'] === clientSecret;
    if (!fits || body['userAccessType'] !== 'TOAST_MACHINE_CLIENT')
      throw new ToastRefusal(401, 'Wrong client credentials');
    const token = { tokenType: 'Bearer', scope: null, expiresIn: this.#tokenSeconds, accessToken: this.#newToken() };
    return { status: 200, body: { token: { ...token, idToken: null, refreshToken: null }, status: 'SUCCESS' } };
  }

  /** Throws for a token that is unknown or old. */
  check(token: string | undefined): void {
    const expiresAt = this.#tokens.get(token ?? '');
    if (expiresAt === undefined || expiresAt <= this.#now())
      throw new ToastRefusal(401, 'The token is not valid any more');
  }

  /** As when Toast throws all tokens away before their time. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  #newToken(): string {
    const n = ++this.logins;
    const expiresAt = this.#now() + this.#tokenSeconds * 1000;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: this.client.clientId, exp: Math.floor(expiresAt / 1000), jti: guid(this.client.clientId, n) };
    const unsigned = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    const token = `${unsigned}.${createHmac('sha256', this.client.clientSecret).update(unsigned).digest('base64url')}`;
    this.#tokens.set(token, expiresAt);
    return token;
  }
}
