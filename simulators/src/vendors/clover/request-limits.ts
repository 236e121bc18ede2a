// Clover's four limits: requests a second and requests at once, for a token and for the app over all its merchants.

import type { Answer } from '../http-door.ts';
import type { CloverSwitches } from './switches.ts';

export interface RequestLimits {
  /** Lets a request in, or answers it 429. Whoever is let in must `leave`. */
  enter(token: string): Answer | undefined;
  leave(token: string): void;
}

interface Meter {
  startedAt: number;
  taken: number;
  /** While it lasts every request is refused, and each of them makes it last longer. */
  blockedUntil: number;
  inside: number;
}

export function requestLimits(switches: CloverSwitches, now: () => number): RequestLimits {
  const meters = new Map<string, Meter>();
  const meterOf = (key: string): Meter => {
    const meter = meters.get(key) ?? { startedAt: 0, taken: 0, blockedUntil: 0, inside: 0 };
    meters.set(key, meter);
    return meter;
  };
  const app = meterOf('app');
  return {
    enter(token) {
      const mine = meterOf(`token ${token}`);
      const refusal =
        atOnce(mine, switches.tokenAtOnce, { header: 'tokenConcurrentLimit', switches }) ??
        atOnce(app, switches.appAtOnce, { header: 'crossTokenConcurrentLimit', switches }) ??
        perSecond(mine, switches.tokenPerSecond, { header: 'tokenLimit', switches, now: now() }) ??
        perSecond(app, switches.appPerSecond, { header: 'crossTokenLimit', switches, now: now() });
      if (refusal) return refusal;
      mine.inside++;
      app.inside++;
      return undefined;
    },
    leave(token) {
      meterOf(`token ${token}`).inside--;
      app.inside--;
    },
  };
}

const secondMs = 1000;

function perSecond(
  meter: Meter,
  limit: number,
  given: { readonly header: string; readonly switches: CloverSwitches; readonly now: number },
): Answer | undefined {
  const { header, switches, now } = given;
  if (now - meter.startedAt >= secondMs) {
    meter.startedAt = now;
    meter.taken = 0;
  }
  if (now < meter.blockedUntil) {
    meter.blockedUntil += secondMs / 4;
    return tooMany({ [`X-RateLimit-${header}`]: String(limit) }, switches);
  }
  if (++meter.taken <= limit) return undefined;
  meter.blockedUntil = meter.startedAt + secondMs;
  return tooMany({ [`X-RateLimit-${header}`]: String(limit) }, switches);
}

function atOnce(meter: Meter, limit: number, given: { header: string; switches: CloverSwitches }): Answer | undefined {
  if (meter.inside < limit) return undefined;
  // Only this kind says how long to wait.
  return tooMany({ [`X-RateLimit-${given.header}`]: String(limit), 'retry-after': '1' }, given.switches);
}

export const tooMany = (headers: Readonly<Record<string, string>>, { tooManyBody }: CloverSwitches): Answer => ({
  status: 429,
  headers,
  ...(tooManyBody === 'none' ? {} : { body: { message: '429 Too Many Requests' } }),
});
