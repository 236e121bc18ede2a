// The HTTP half: openapi-fetch over the server's contract, with the credential, a time limit, and one kind of error.
import createClient, { type Client, type Middleware } from 'openapi-fetch';
import { refusalOf } from './conflict-error.ts';
import type { paths } from './openapi.ts';
import { answerTimeoutMs, currentAccessToken, serverAddress, type TillstreamOptions } from './options.ts';
import { sendWithRetries } from './retry.ts';
import { errorFromFailure, TillstreamError } from './tillstream-error.ts';

/** The typed HTTP client. Its calls never throw for an answer; `unwrap` turns a refusal into a TillstreamError. */
export type Http = Client<paths>;

const retriesDefault = 2;

/** Builds the HTTP client. Requests fail with `client.unreachable` or `client.timeout` when no answer comes. */
export function createHttp(options: TillstreamOptions): Http {
  const baseUrl = serverAddress(options);
  const send = options.fetch ?? globalThis.fetch;
  const timeoutMs = answerTimeoutMs(options);
  const http = createClient<paths>({
    baseUrl,
    fetch: async (request) => {
      const sendOnce = (attempt: Request) => send(attempt, { signal: endedBy(request.signal, timeoutMs) });
      try {
        return await sendWithRetries(request, sendOnce, options.retries ?? retriesDefault);
      } catch (cause) {
        throw errorFromFailure(cause, baseUrl);
      }
    },
  });
  http.use(authorisation(options));
  return http;
}

// Not AbortSignal.any: older Nodes forget the time limit in it when memory is collected, and the request hangs for ever.
function endedBy(signal: AbortSignal, timeoutMs: number): AbortSignal {
  const ending = new AbortController();
  for (const each of [signal, AbortSignal.timeout(timeoutMs)]) {
    each.addEventListener('abort', () => ending.abort(each.reason), { once: true });
    if (each.aborted) ending.abort(each.reason);
  }
  return ending.signal;
}

/** Returns an answer's body, or throws the refusal as a TillstreamError. */
export async function unwrap<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<NonNullable<T>> {
  const { data, error, response } = await answer.catch((cause: unknown) => {
    if (cause instanceof TillstreamError) throw cause;
    const detail = 'The answer is not what this server sends. Is there a proxy in between, or another server?';
    throw new TillstreamError({ code: 'client.unreadable', detail }, { cause });
  });
  if (!response.ok || data === undefined || data === null) throw refusalOf(response, error ?? data);
  return data;
}

/** Resolves where the answer is 204 or any other 2xx, or throws the refusal as a TillstreamError. */
export async function settle(answer: Promise<{ error?: unknown; response: Response }>): Promise<void> {
  const { error, response } = await answer;
  if (!response.ok) throw refusalOf(response, error);
}

// The token is asked for before each request: a token fetched once at start would expire under a long-lived screen.
function authorisation(options: TillstreamOptions): Middleware {
  return {
    async onRequest({ request }) {
      const credential = (await readToken(options)) ?? options.apiKey;
      if (credential !== undefined) request.headers.set('authorization', `Bearer ${credential}`);
      return request;
    },
  };
}

async function readToken(options: TillstreamOptions): Promise<string | undefined> {
  try {
    return await currentAccessToken(options);
  } catch (cause) {
    const detail = 'The function given as accessToken failed, so the request was not sent.';
    throw new TillstreamError({ code: 'client.no_token', detail }, { cause });
  }
}
