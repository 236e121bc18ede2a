// The one way to a vendor's server: within the limits that all nodes share, never for longer than a time-out, never more
// bytes than fit, and counted. What passes by may succeed at the next attempt is tried again here, as every call but the
// renewal of a token only reads; what takes longer than a moment is left to the schedule.
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../../platform/clock.ts';
import type { CounterMetric, Metrics } from '../../../platform/metrics.ts';
import { addressRefusedIn, type OutboundAddresses } from '../../../platform/outbound-addresses.ts';
import { type Connector, posSystemTypes, type VendorFetch } from '../connectors/connector.ts';
import { retryAfterMs, VendorFailure } from '../connectors/vendor-failure.ts';
import type { RateLimits } from './rate-limits.ts';
import { readWithin } from './read-within.ts';
import { createTurnstile, type Turnstile } from './turnstile.ts';

const outcomes = ['ok', 'refused', 'rate_limited', 'server_error', 'unreachable'] as const;

export interface VendorCallParts {
  readonly limits: RateLimits;
  readonly addresses: OutboundAddresses;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Longest time for an answer to come whole, in ms. */
  readonly timeoutMs?: number;
}

/** Who is asked, and in which capacity. */
export interface Caller {
  readonly connector: Connector;
  readonly endpoint: string;
  /** The connector's limitKeyOf. */
  readonly limitKey: string;
  readonly signal: AbortSignal;
  /** 0 for what must not be sent twice. */
  readonly retries?: number;
  /** Asked before each request, also one that is tried again; throws where nothing more is to be sent. */
  readonly mayAsk?: () => Promise<void>;
}

export interface VendorLine {
  readonly fetch: VendorFetch;
  /** The vendor's clock less ours in ms, as of the last answer that gave a time; null before. */
  readonly offsetMs: () => number | null;
}

export interface VendorCalls {
  line(caller: Caller): VendorLine;
}

const timeoutMsDefault = 10_000;
const retriesDefault = 3;
const retryBaseMs = 200;
/** Clover counts ten requests at once for an app, whoever sends them; a little is left for other nodes. */
const appAtOnceMax = 7;
/** A longer wait that the vendor asks for is the schedule's. */
const patienceMs = 2_000;
const bytesMax = 64 * 1_048_576;

type CallCounter = CounterMetric<{ make: typeof posSystemTypes; outcome: typeof outcomes }>;

export function createVendorCalls(parts: VendorCallParts): VendorCalls {
  const { limits, addresses, clock, metrics, timeoutMs = timeoutMsDefault } = parts;
  const counted: CallCounter = metrics.counter({
    name: 'tillstream_vendor_requests_total',
    help: 'Requests to the servers of POS makes, by what came of them.',
    labels: { make: posSystemTypes, outcome: outcomes },
  });
  const turnstiles = new Map<string, Turnstile>();

  function line({ connector, endpoint, limitKey, signal, retries = retriesDefault, mayAsk }: Caller): VendorLine {
    const { pace, type } = connector;
    const token = `token:${type}:${limitKey}`;
    const app = `app:${type}:${new URL(endpoint).host}`;
    let offsetMs: number | null = null;

    async function permitted(): Promise<void> {
      if (pace.perAppPerSecond !== null) await limits.take({ name: app, perSecond: pace.perAppPerSecond }, signal);
      await limits.take({ name: token, perSecond: pace.perTokenPerSecond }, signal);
      // Last, as the limits may have taken their time.
      await mayAsk?.();
    }

    async function once(url: string | URL, init: RequestInit): Promise<Response> {
      let sentMs = 0;
      const ask = () => {
        sentMs = clock.now().getTime();
        const late = AbortSignal.timeout(timeoutMs);
        const ends = AbortSignal.any([signal, late, ...(init.signal ? [init.signal] : [])]);
        return exchange(addresses, url, { redirect: 'error', ...init, signal: ends });
      };
      const ofToken = () => turnstileOf(turnstiles, token, pace.atOnce).pass(ask, signal);
      const response = await (pace.perAppPerSecond === null
        ? ofToken()
        : turnstileOf(turnstiles, app, appAtOnceMax).pass(ofToken, signal));
      const dateMs = Date.parse(response.headers.get('date') ?? '');
      if (Number.isFinite(dateMs)) offsetMs = clockOffset({ dateMs, sentMs, receivedMs: clock.now().getTime() });
      return response;
    }

    async function fetchPatiently(url: string | URL, init: RequestInit = {}): Promise<Response> {
      for (let attempt = 0; ; attempt++) {
        // What fails here is ours and no vendor's.
        await permitted();
        const response = await once(url, init).catch((error: unknown) => {
          signal.throwIfAborted();
          counted.add({ make: type, outcome: 'unreachable' });
          throw unreachable(error, new URL(url).host);
        });
        const { status } = response;
        counted.add({ make: type, outcome: outcomeOf(status) });
        if (status !== 429) for (const name of [app, token]) limits.release(name);
        if (status !== 429 && status < 500) return response;
        const asked = retryAfterMs(response.headers.get('retry-after'), clock.now());
        const pauseMs = asked ?? retryBaseMs * 2 ** attempt * (0.5 + Math.random());
        if (status === 429) await limits.hold(isOfTheApp(response) ? app : token, asked);
        if (attempt >= retries || pauseMs > patienceMs) return response;
        await wait(pauseMs, undefined, { signal });
      }
    }
    return { fetch: fetchPatiently, offsetMs: () => offsetMs };
  }
  return { line };
}

/**
 * The vendor's clock less ours, as near to nothing as its answer allows: the Date header leaves out the part of a second,
 * and was written at some moment between ours. Clocks that may agree do: were the uncertainty taken for a difference, a
 * sync would leave out the sales of the last second or two, which are the ones that somebody just asked for.
 */
export function clockOffset(times: { readonly dateMs: number; readonly sentMs: number; readonly receivedMs: number }) {
  const least = times.dateMs - times.receivedMs;
  const most = times.dateMs + 999 - times.sentMs;
  return least > 0 ? least : Math.min(most, 0);
}

/** One request and its whole answer, so that nobody further up waits for the rest of a body without a time-out. */
async function exchange(addresses: OutboundAddresses, url: string | URL, init: RequestInit): Promise<Response> {
  const response = await addresses.fetch(url, init);
  const { status, headers } = response;
  const bytes = await readWithin(response, bytesMax);
  const hasBody = bytes.length > 0 && ![204, 205, 304].includes(status);
  return new Response(hasBody ? new Uint8Array(bytes) : null, { status, headers });
}

function turnstileOf(turnstiles: Map<string, Turnstile>, key: string, atOnce: number): Turnstile {
  const known = turnstiles.get(key);
  if (known !== undefined) return known;
  const made = createTurnstile(atOnce, () => turnstiles.delete(key));
  turnstiles.set(key, made);
  return made;
}

/** Clover's names for limits that count all merchants of an app. */
function isOfTheApp({ headers }: Response): boolean {
  return headers.has('x-ratelimit-crosstokenlimit') || headers.has('x-ratelimit-crosstokenconcurrentlimit');
}

function outcomeOf(status: number): (typeof outcomes)[number] {
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'server_error';
  return status >= 400 ? 'refused' : 'ok';
}

/** The cause stays out of the message: an address may hold what a log must not show. */
function unreachable(error: unknown, host: string): VendorFailure {
  if (error instanceof VendorFailure) return error;
  const refused = addressRefusedIn(error);
  // Not the vendor's doing, and no time will mend it: a person must give another address.
  if (refused !== null) return new VendorFailure('refused', refused.message, { cause: refused });
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const sentence = isLate ? `${host} did not answer in time.` : `${host} could not be reached.`;
  return new VendorFailure('unavailable', sentence, { cause: error });
}
