// One request to a vendor whose client is ours: what comes back is a body, or a VendorFailure.
import type { Connection } from './connector.ts';
import { maskSecrets } from './mask-secrets.ts';
import { failureKindOf, retryAfterMs, VendorFailure } from './vendor-failure.ts';

export interface VendorRequest {
  /** Behind the connection's endpoint, beginning with a slash; the values are encoded already. */
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** What goes along besides the credentials and must not be shown where the vendor quotes it. */
  readonly secrets?: readonly string[];
}

export interface VendorAnswer {
  readonly body: Buffer;
  readonly headers: Headers;
}

/** Names us, as one vendor demands and all can find in their logs. */
export const userAgent = 'Tillstream';

/** Throws VendorFailure for every status of 300 and above, and what the connection's fetch throws. */
export async function askVendor(connection: Connection, request: VendorRequest): Promise<VendorAnswer> {
  const { path, method = 'GET', headers = {}, json, secrets = [] } = request;
  const response = await connection.fetch(connection.endpoint + path, {
    method,
    // A redirect would carry the token to wherever it points.
    redirect: 'manual',
    headers: {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    signal: connection.signal,
  });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.ok) return { body, headers: response.headers };
  throw statusFailure(response, body, { connection, what: `${method} ${path.split('?')[0]}`, secrets });
}

export interface FailedRequest {
  readonly connection: Pick<Connection, 'credentials' | 'now'>;
  /** The request without its query, in which a vendor may want secrets. */
  readonly what: string;
  /** Besides the credentials. */
  readonly secrets?: readonly string[];
}

/** What the vendor said, without what it was sent as a secret. */
export function statusFailure(
  response: Pick<Response, 'status' | 'headers'>,
  body: Uint8Array,
  { connection: { credentials, now }, what, secrets = [] }: FailedRequest,
): VendorFailure {
  const { status } = response;
  const said = saidIn(body, [...Object.values(credentials), ...secrets]);
  return new VendorFailure(failureKindOf(status), `The vendor answered ${status} to ${what}${said}.`, {
    status,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), now()),
  });
}

const saidKeys = ['detail', 'message', 'code', 'error_description', 'error'];

/** The vendor's own words where it has some in one of the usual places; bodies in full may quote what we sent. */
function saidIn(body: Uint8Array, secrets: readonly string[]): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    const errors = (value as { errors?: unknown }).errors;
    const first: unknown = Array.isArray(errors) ? errors[0] : value;
    for (const key of saidKeys) {
      const text: unknown = (first as Record<string, unknown>)[key];
      if (typeof text === 'string' && text.trim() !== '') return `: ${maskSecrets(text, secrets).slice(0, 200)}`;
    }
  } catch {
    // No JSON: the status says enough.
  }
  return '';
}
