// docs/custom-till.openapi.json: the pull contract for makers of tills, made from contract.ts, with a message signed under
// a key that everybody may know, so that a receiver's and a sender's code can be checked against it.
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { itemSchema, messageSchema, pageOf, refundSchema, storeSchema, transactionSchema } from './contract.ts';

const exampleSecret = 'example-secret-do-not-use';
const exampleTimestamp = '1772816400';
const exampleTransaction = {
  externalId: 'till-7-000123',
  version: 1,
  storeId: 'store-1',
  registerId: '7',
  status: 'completed',
  openedAt: '2026-03-06T12:00:00-05:00',
  closedAt: '2026-03-06T12:01:10-05:00',
  recordedAt: '2026-03-06T12:01:11-05:00',
  businessDate: '2026-03-06',
  currency: 'USD',
  lines: [{ sku: 'LAT-R', name: 'Latte', quantity: 2, unitPrice: '4.50', discount: 0, total: '9.00' }],
  discounts: [],
  taxes: [{ name: 'Sales tax', amount: '0.80' }],
  serviceCharges: [],
  tips: '1.00',
  payments: [{ externalId: 'till-7-000123-1', method: 'card', amount: '9.80', tip: '1.00' }],
  totals: { total: '10.80' },
};

/** The document's text. */
export function renderContract(): string {
  return `${JSON.stringify(contractDocument(), null, 2)}\n`;
}

export function contractDocument() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tillstream: what a till is asked',
      version: '1',
      summary: 'The pull contract for makers of tills.',
      description:
        'A shop registers your server as a POS system of the type "custom", with the base URL of its store, an API key ' +
        'and the storeId. Tillstream then reads the feeds below, and answers your signed messages by reading them at ' +
        'once. `npm run -s tillstream -- certify-pos URL` tells whether a server does all this. Tills ' +
        'that would rather push need none of it: see POST /v1/pos-systems/{id}/transactions.',
    },
    servers: [{ url: 'https://till.example/{store}', variables: { store: { default: 'store-1' } } }],
    security: [{ key: [] }],
    paths: {
      '/store': { get: operation('The shop behind this base', schemaOf(storeSchema)) },
      '/transactions': { get: feed('Sales', schemaOf(pageOf(transactionSchema))) },
      '/refunds': { get: feed('Refunds', schemaOf(pageOf(refundSchema))) },
      '/items': { get: feed('Items', schemaOf(pageOf(itemSchema))) },
    },
    webhooks: { message: { post: signedMessage() } },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'Without it, or with another: 401' } },
    },
  };
}

const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });

const json = (schema: object, example?: object) => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});

const failures = {
  401: { description: 'The key is missing or wrong' },
  429: { description: 'Too many requests; Retry-After says how many seconds to wait' },
};

function operation(summary: string, schema: object) {
  return { summary, responses: { 200: { description: 'OK', content: json(schema) }, ...failures } };
}

function feed(what: string, schema: object) {
  const parameter = (name: string, description: string, type: object) => ({
    name,
    in: 'query',
    description,
    schema: type,
  });
  return {
    ...operation(`${what}, in the order in which your server committed them`, schema),
    description:
      'A row that changes moves to the end of the feed with a higher version, so who reads to the end has everything. ' +
      'The order is given at commit: a cursor must never pass a row that another transaction is about to show.',
    parameters: [
      parameter('after', 'The `next` of the page before; one that you do not know is answered 400', { type: 'string' }),
      parameter('limit', 'At most so many rows; you may send fewer', { type: 'integer', minimum: 1, maximum: 500 }),
      parameter(
        'changedSince',
        'Begin with the first row that changed at or after this time. Recommended: who ignores it sends everything each time',
        { type: 'string', format: 'date-time' },
      ),
    ],
  };
}

function signedMessage() {
  const body = JSON.stringify({
    events: [
      {
        id: 'event-1',
        type: 'transaction.created',
        storeId: 'store-1',
        occurredAt: '2026-03-06T17:00:00Z',
        entity: exampleTransaction,
      },
    ],
  });
  const signature = createHmac('sha256', exampleSecret).update(`${exampleTimestamp}.${body}`).digest('hex');
  const header = (name: string, description: string, example: string) => ({
    ...{ name, in: 'header', required: true, description },
    schema: { type: 'string' },
    example,
  });
  return {
    summary: 'Something changed: look now instead of at the next interval',
    description:
      'Sent to the address that POST /v1/pos-webhooks gave. A hint and no more: what changed is read from the feeds. ' +
      `The signature is the hex HMAC-SHA256, under the secret's characters, of the timestamp, a dot and the raw body. ` +
      `With the secret ${JSON.stringify(exampleSecret)} and the headers below it is that of the example: ` +
      'x-raw-body is that body, byte for byte. Repeat for a day until you are answered 2xx, with a timestamp and ' +
      'signature of each attempt: messages older than five minutes are refused as replays.',
    parameters: [
      header('X-Pos-Timestamp', 'Of this attempt, in Unix seconds', exampleTimestamp),
      header('X-Pos-Signature', 'v1= and the signature', `v1=${signature}`),
    ],
    requestBody: { required: true, content: json(schemaOf(messageSchema), JSON.parse(body)) },
    'x-raw-body': body,
    'x-secret': exampleSecret,
    responses: {
      200: { description: 'Taken; repeated it is the same' },
      401: { description: 'Not signed, signed wrongly, or older than five minutes' },
    },
  };
}
