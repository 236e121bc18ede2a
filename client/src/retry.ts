// Sends a request again while it may help. Reads are harmless to repeat; whatever changes something carries an
// Idempotency-Key of its own, so that the server does it once however often it arrives.

/** Waits between the attempts, in milliseconds; each is stretched by up to a half, so that clients do not come together. */
const pausesMs = [250, 1_000, 3_000];

/** Longest Retry-After that is waited for instead of being handed to the program, in seconds. */
const retryAfterSecondsMax = 10;

const temporaryStatuses = new Set([429, 502, 503, 504]);

/**
 * Sends by `send` up to `retries` times more (0 to 3) while no answer comes or the answer says "later". The last answer or
 * failure is the caller's. Each attempt gets a copy of the request with its body.
 */
export async function sendWithRetries(
  request: Request,
  send: (request: Request) => Promise<Response>,
  retries: number,
): Promise<Response> {
  const repeatable = withIdempotencyKey(request);
  for (let attempt = 0; ; attempt++) {
    const isLast = attempt >= Math.min(retries, pausesMs.length);
    try {
      const answer = await send(repeatable.clone());
      const pauseMs = pauseAfter(answer, attempt);
      if (isLast || pauseMs === null) return answer;
      await answer.body?.cancel();
      await pause(pauseMs);
    } catch (error) {
      if (isLast || request.signal.aborted) throw error;
      await pause(stretched(pausesMs[attempt] ?? 0));
    }
  }
}

function withIdempotencyKey(request: Request): Request {
  if (['GET', 'HEAD'].includes(request.method) || request.headers.has('idempotency-key')) return request;
  const keyed = new Request(request);
  keyed.headers.set('idempotency-key', randomKey());
  return keyed;
}

// Not randomUUID, which browsers offer only to pages that came over https or from this machine.
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** How long to wait before sending again, or null where the answer is final, or too far away to wait for. */
function pauseAfter(answer: Response, attempt: number): number | null {
  // 409 with Retry-After: the first attempt of this very request is still being worked on.
  const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const isInFlight = answer.status === 409 && Number.isFinite(retryAfter);
  if (!temporaryStatuses.has(answer.status) && !isInFlight) return null;
  if (retryAfter > retryAfterSecondsMax) return null;
  return Math.max(stretched(pausesMs[attempt] ?? 0), Number.isFinite(retryAfter) ? retryAfter * 1_000 : 0);
}

function stretched(ms: number): number {
  return ms * (1 + Math.random() / 2);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
