// Square through its official client, of which we take the requests and not the answers: the client turns figures into
// its own types, and what is kept of a refused document should be what Square sent. It also would wait and repeat inside
// a call, which is the business of whoever knows all other calls under the same limit.
import type { SquareClient } from 'square';
import { statusFailure } from '../ask-vendor.ts';
import type { Connection } from '../connector.ts';
import { maskSecrets } from '../mask-secrets.ts';
import { type AnswerObject, objectsIn, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure, type VendorFailureKind } from '../vendor-failure.ts';

/** Asks by one method of the client and returns Square's own answer. Throws VendorFailure. */
export async function askSquare(
  connection: Connection,
  call: (client: SquareClient) => PromiseLike<unknown>,
): Promise<AnswerObject> {
  const seen: { response: Response | null; body: Buffer; failure: unknown } = {
    response: null,
    body: Buffer.alloc(0),
    failure: null,
  };
  const watchedFetch: typeof fetch = async (input, init) => {
    try {
      const url = input instanceof Request ? input.url : input;
      const response = await connection.fetch(url, { ...init, redirect: 'manual', signal: connection.signal });
      seen.response = response;
      seen.body = Buffer.from(await response.arrayBuffer());
      const { status, headers } = response;
      return new Response(seen.body.length === 0 ? null : new Uint8Array(seen.body), { status, headers });
    } catch (error) {
      seen.failure = error;
      throw error;
    }
  };
  // Loaded when a till of Square is first asked: it is the largest dependency, and most nodes ask none.
  const { SquareClient: Client } = await import('square');
  const client = new Client({
    token: connection.credentials['apiKey'] ?? '',
    baseUrl: connection.endpoint,
    maxRetries: 0,
    fetch: watchedFetch,
  });
  try {
    await call(client);
  } catch (error) {
    if (seen.failure !== null) throw seen.failure;
    const { response } = seen;
    if (response === null) throw new VendorFailure('unavailable', 'Square could not be asked.', { cause: error });
    if (response.ok) throw new VendorFailure('malformed', "Square's answer cannot be read.", { cause: error });
    throw statusFailure(response, seen.body, { connection, what: 'a request' });
  }
  const answer = readAnswerObject(seen.body);
  refuseErrors(answer, connection);
  return answer;
}

const kindOfCategory: Readonly<Record<string, VendorFailureKind>> = {
  AUTHENTICATION_ERROR: 'unauthorised',
  RATE_LIMIT_ERROR: 'rate_limited',
};

/** A batch may answer 200 and tell of what went wrong within; only what Square does not know is an answer. */
function refuseErrors(answer: AnswerObject, { credentials }: Connection): void {
  const error = objectsIn(answer['errors']).find((each) => textIn(each, 'code') !== 'NOT_FOUND');
  if (error === undefined) return;
  const kind = kindOfCategory[textIn(error, 'category') ?? ''] ?? 'unavailable';
  const words = textIn(error, 'detail') ?? textIn(error, 'code') ?? 'it does not say what';
  const said = maskSecrets(words, Object.values(credentials)).slice(0, 200);
  throw new VendorFailure(kind, `Square answered a request with an error: ${said}.`, { status: 200 });
}
