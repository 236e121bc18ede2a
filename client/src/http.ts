// The HTTP half: openapi-fetch over the server's contract, with the credential, a time limit, and one kind of error.
import createClient, { type Client, type Middleware } from 'openapi-fetch';
import { refusalOf } from './conflict-error.ts';
import type { paths } from './openapi.ts';
import { currentAccessToken, serverAddress, type TillstreamOptions } from './options.ts';
import { sendWithRetries } from './retry.ts';
import { errorFromFailure, TillstreamError } from './tillstream-error.ts';

/** The typed HTTP client. Its calls never throw for an answer; `unwrap` turns a refusal into a TillstreamError. */
export type Http = Client<paths>;

/** Longest wait for an answer unless the program says otherwise. A sales request of 1,000 sales takes well under 5 s. */
const timeoutMsDefault = 30_000;
const retriesDefault = 2;

/** Builds the HTTP client. Requests fail with `client.unreachable` or `client.timeout` when no answer comes. */
export function createHttp(options: TillstreamOptions): Http {
  const baseUrl = serverAddress(options);
  const send = options.fetch ?? globalThis.fetch;
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
  const http = createClient<paths>({
    baseUrl,
    fetch: async (request) => {
      const sendOnce = (attempt: Request) =>
        send(attempt, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]) });
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
