// Signatures of webhooks, with node:crypto, used the plain way, as the second opinion: whatever the body, the right key
// opens and nothing else does.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { WebhooksHelper } from 'square';
import { describe, expect, test } from 'vitest';
import type { WebhookDelivery } from './connector.ts';
import { connectors } from './index.ts';

const url = 'https://till.example/v1/webhooks/square/1';
const now = new Date('2026-03-06T17:00:00Z');

const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc.constant(Buffer.alloc(0)),
);
const secrets = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' });

interface Scheme {
  readonly make: 'square' | 'toast' | 'custom';
  /** A body that the make could have sent, holding `text`. */
  readonly wrap: (text: string) => Buffer;
  readonly sign: (body: Buffer, secret: string) => Record<string, string>;
  readonly genuine: object;
}

const sha256 = (secret: string, ...parts: (string | Buffer)[]) =>
  createHmac('sha256', Buffer.from(secret, 'utf8')).update(Buffer.concat(parts.map((part) => Buffer.from(part))));
const stamp = '2026-03-06T16:59:59.000Z';
const seconds = String(now.getTime() / 1000 - 20);

const schemes: readonly Scheme[] = [
  {
    make: 'square',
    wrap: (text) => Buffer.from(JSON.stringify({ event_id: 'e1', type: 'payment.updated', merchant_id: 'M', text })),
    sign: (body, secret) => ({ 'x-square-hmacsha256-signature': sha256(secret, url, body).digest('base64') }),
    genuine: { outcome: 'genuine', dedupeKey: 'e1', hints: [] },
  },
  {
    make: 'toast',
    wrap: (text) => Buffer.from(JSON.stringify({ timestamp: stamp, guid: 'e1', text })),
    sign: (body, secret) => ({ 'toast-signature': sha256(secret, body, stamp).digest('base64') }),
    genuine: { outcome: 'genuine', dedupeKey: 'e1', hints: [] },
  },
  {
    make: 'custom',
    wrap: (text) => Buffer.from(JSON.stringify({ events: [], text })),
    sign: (body, secret) => ({
      'x-pos-timestamp': seconds,
      'x-pos-signature': `v1=${sha256(secret, `${seconds}.`, body).digest('hex')}`,
    }),
    genuine: { outcome: 'genuine', hints: [] },
  },
];

describe.each(schemes)('$make', ({ make, wrap, sign, genuine }) => {
  const { verifyWebhook } = connectors[make];
  const delivery = (body: Buffer, headers: WebhookDelivery['headers'], change: Partial<WebhookDelivery> = {}) => ({
    body,
    headers,
    url,
    now,
    ...change,
  });

  test('the right key opens, also as the second of two; repeated it is the same delivery', () => {
    fc.assert(
      fc.property(fc.string(), secrets, secrets, (text, secret, other) => {
        const body = wrap(text);
        const signed = delivery(body, sign(body, secret));
        expect(verifyWebhook(signed, [secret])).toMatchObject(genuine);
        expect(verifyWebhook(signed, [other, secret])).toEqual(verifyWebhook(signed, [secret]));
        expect(verifyWebhook(signed, [secret, other])).toEqual(verifyWebhook(signed, [secret]));
      }),
    );
  });

  test('no other key does, nor none, nor an empty one', () => {
    fc.assert(
      fc.property(fc.string(), secrets, secrets, (text, secret, other) => {
        fc.pre(secret !== other);
        const body = wrap(text);
        const refused = { outcome: 'refused', reason: 'wrong_signature' };
        for (const keys of [[other], [], ['']]) {
          expect(verifyWebhook(delivery(body, sign(body, secret)), keys)).toEqual(refused);
        }
        expect(verifyWebhook(delivery(body, sign(body, '')), [''])).toEqual(refused);
      }),
    );
  });

  test('a body of which one bit was altered is refused, wherever it is', () => {
    fc.assert(
      fc.property(fc.string(), secrets, fc.nat(), (text, secret, noise) => {
        const body = wrap(text);
        const altered = Buffer.from(body);
        const place = noise % body.length;
        altered[place] = (altered[place] ?? 0) ^ (1 << (noise % 8));
        const { outcome } = verifyWebhook(delivery(altered, sign(body, secret)), [secret]);
        expect(outcome).toBe('refused');
      }),
    );
  });

  test('whatever comes unsigned or signed, nothing is thrown, and only what is signed is genuine', () => {
    fc.assert(
      fc.property(bodies, secrets, fc.string(), (body, secret, noise) => {
        expect(verifyWebhook(delivery(body, {}), [secret])).toEqual({ outcome: 'refused', reason: 'unsigned' });
        const headers = Object.fromEntries(Object.keys(sign(body, secret)).map((name) => [name, noise]));
        expect(verifyWebhook(delivery(body, headers), [secret]).outcome).toBe('refused');
        const signed = verifyWebhook(delivery(body, sign(body, secret)), [secret]);
        if (signed.outcome === 'refused') expect(['malformed', 'wrong_signature']).toContain(signed.reason);
      }),
    );
  });
});

test('Square signs the URL as it is configured: another one, or a slash more, is refused', () => {
  const { verifyWebhook } = connectors.square;
  const body = Buffer.from('{"event_id":"e"}');
  const headers = { 'x-square-hmacsha256-signature': sha256('key', url, body).digest('base64') };
  for (const wrong of [`${url}/`, url.replace('https', 'http'), `${url}?a=1`, 'https://other.example/']) {
    const answer = verifyWebhook({ body, headers, url: wrong, now }, ['key']);
    expect(answer).toEqual({ outcome: 'refused', reason: 'wrong_signature' });
  }
});

test('Square’s own helper comes to the same answer', async () => {
  const signed = fc.asyncProperty(fc.string({ minLength: 1 }), secrets, fc.boolean(), async (text, secret, isRight) => {
    const requestBody = JSON.stringify({ event_id: text });
    const key = isRight ? secret : `${secret}x`;
    const signatureHeader = sha256(secret, url, requestBody).digest('base64');
    const theirs = await WebhooksHelper.verifySignature({
      requestBody,
      signatureHeader,
      signatureKey: key,
      notificationUrl: url,
    });
    const headers = { 'x-square-hmacsha256-signature': signatureHeader };
    const body = Buffer.from(requestBody);
    const ours = connectors.square.verifyWebhook({ body, headers, url, now }, [key]);
    expect(ours.outcome === 'refused' && ours.reason === 'wrong_signature').toBe(!theirs);
    expect(theirs).toBe(isRight);
  });
  await fc.assert(signed);
});

test('a till’s own message that is older or newer than five minutes is a replay', () => {
  const { verifyWebhook } = connectors.custom;
  const body = Buffer.from('{"events":[]}');
  for (const [seconds, outcome] of [
    [299, 'genuine'],
    [301, 'stale'],
    [-299, 'genuine'],
    [-301, 'stale'],
    [86_400, 'stale'],
  ] as const) {
    const timestamp = String(now.getTime() / 1000 - seconds);
    const signature = `v1=${sha256('key', `${timestamp}.`, body).digest('hex')}`;
    const headers = { 'x-pos-timestamp': timestamp, 'x-pos-signature': signature };
    const answer = verifyWebhook({ body, headers, url, now }, ['key']);
    expect(answer.outcome === 'refused' ? answer.reason : answer.outcome).toBe(outcome);
  }
});

test('Toast’s timestamp may stand in a header of its own', () => {
  const body = Buffer.from(JSON.stringify({ timestamp: stamp, guid: 'e1' }));
  const header = '2026-03-06T17:00:00.001Z';
  const headers = { 'toast-signature': sha256('key', body, header).digest('base64'), 'toast-timestamp': header };
  expect(connectors.toast.verifyWebhook({ body, headers, url, now }, ['key'])).toMatchObject({ outcome: 'genuine' });
});

describe('clover, which signs nothing', () => {
  const { verifyWebhook } = connectors.clover;
  const notes = (objectId: string) => [{ objectId, type: 'UPDATE', ts: 1_772_816_400_000 }];
  const message = {
    appId: 'A',
    merchants: { M1: [...notes('O:O1'), ...notes('P:P1'), ...notes('O:O1')], M2: notes('I:I9') },
  };
  const body = Buffer.from(JSON.stringify(message));

  test('its static code is compared, two during a change; each merchant’s things become hints once', () => {
    const answer = verifyWebhook({ body, headers: { 'x-clover-auth': 'code' }, url, now }, ['old', 'code']);
    expect(answer).toMatchObject({
      outcome: 'genuine',
      hints: [
        { place: 'M1', reference: { kind: 'order', id: 'O1' } },
        { place: 'M1', reference: { kind: 'payment', id: 'P1' } },
        { place: 'M2', reference: { kind: 'catalogue', id: 'M2' } },
      ],
    });
  });

  test('any other code is refused, and an invented HMAC header counts for nothing', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (code) => {
        fc.pre(code !== 'code');
        const headers = { 'x-clover-auth': code };
        expect(verifyWebhook({ body, headers, url, now }, ['code'])).toEqual({
          outcome: 'refused',
          reason: 'wrong_signature',
        });
      }),
    );
    const hmac = { 'x-clover-auth-signature': sha256('code', body).digest('hex') };
    expect(verifyWebhook({ body, headers: hmac, url, now }, ['code'])).toEqual({
      outcome: 'refused',
      reason: 'unsigned',
    });
  });

  test('the verification code of a set-up is handed over, and nothing else comes without the static code', () => {
    const code = '7f3a2b1c-0000-4000-8000-123456789abc';
    const setUp = Buffer.from(JSON.stringify({ verificationCode: code }));
    expect(verifyWebhook({ body: setUp, headers: {}, url, now }, [])).toEqual({ outcome: 'verification', code });
    fc.assert(
      fc.property(bodies, (any) => {
        expect(verifyWebhook({ body: any, headers: {}, url, now }, ['code']).outcome).not.toBe('genuine');
      }),
    );
  });
});
