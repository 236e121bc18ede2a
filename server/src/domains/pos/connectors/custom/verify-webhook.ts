// A till's own server signs the time of the attempt and the raw body; what is older than five minutes is a replay. The time
// is that of the message, never of the sale: a till without a network sends days later.
import type { VerifiedWebhook, WebhookDelivery, WebhookHint } from '../connector.ts';
import { readVendorMessage, Untranslatable, type VendorFields } from '../vendor-json.ts';
import { digestOf, isSignedByAny } from '../webhook-signature.ts';

const signatureHeader = 'x-pos-signature';
const timestampHeader = 'x-pos-timestamp';
const toleranceSeconds = 300;
const hintsMax = 1000;

export function verifyWebhook(delivery: WebhookDelivery, secrets: readonly string[]): VerifiedWebhook {
  const { body, headers, now } = delivery;
  const [signature, timestamp] = [headers[signatureHeader], headers[timestampHeader]];
  if (signature === undefined || timestamp === undefined) return { outcome: 'refused', reason: 'unsigned' };
  if (!/^\d{1,12}$/.test(timestamp)) return { outcome: 'refused', reason: 'wrong_signature' };
  const hex = signature.startsWith('v1=') ? signature.slice(3) : '';
  if (!isSignedByAny(secrets, { text: hex, encoding: 'hex' }, [`${timestamp}.`, body])) {
    return { outcome: 'refused', reason: 'wrong_signature' };
  }
  const age = Math.abs(now.getTime() / 1000 - Number(timestamp));
  if (age > toleranceSeconds) return { outcome: 'refused', reason: 'stale' };
  try {
    const hints = readVendorMessage(body, 'message').list('events').slice(0, hintsMax).flatMap(hintOf);
    return { outcome: 'genuine', dedupeKey: digestOf(delivery), hints };
  } catch (error) {
    if (error instanceof Untranslatable) return { outcome: 'refused', reason: 'malformed' };
    throw error;
  }
}

function hintOf(event: VendorFields): WebhookHint[] {
  const place = event.text('storeId');
  const type = event.text('type') ?? '';
  if (place === null) return [];
  if (type.startsWith('item.')) return [{ place, reference: { kind: 'catalogue', id: place } }];
  const id = event.child('entity')?.text('externalId');
  const kind = type.startsWith('refund.') ? 'refund' : 'order';
  return id === null || id === undefined ? [] : [{ place, reference: { kind, id } }];
}
