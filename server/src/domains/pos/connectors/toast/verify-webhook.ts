// Toast signs the raw body and, right behind it, a timestamp. Which timestamp is not documented: two independent receivers
// take the one in the body; one in a header of its own is tried as well where there is one.
import type { VerifiedWebhook, WebhookDelivery, WebhookHint } from '../connector.ts';
import { readVendorMessage, Untranslatable, type VendorFields } from '../vendor-json.ts';
import { isSignedByAny } from '../webhook-signature.ts';

const header = 'toast-signature';
const timestampHeader = 'toast-timestamp';

export function verifyWebhook(delivery: WebhookDelivery, secrets: readonly string[]): VerifiedWebhook {
  const { body, headers } = delivery;
  const signature = headers[header];
  if (signature === undefined || signature === '') return { outcome: 'refused', reason: 'unsigned' };
  const event = readEvent(body);
  const stamps = [timestampOf(event), headers[timestampHeader]].filter((stamp) => stamp !== undefined && stamp !== '');
  const given = { text: signature, encoding: 'base64' } as const;
  const isSigned = stamps.map((stamp) => isSignedByAny(secrets, given, [body, stamp ?? ''])).includes(true);
  if (!isSigned) return { outcome: 'refused', reason: 'wrong_signature' };
  try {
    if (event === null) return { outcome: 'refused', reason: 'malformed' };
    return { outcome: 'genuine', dedupeKey: event.needText('guid'), hints: hintsOf(event, headers) };
  } catch (error) {
    if (error instanceof Untranslatable) return { outcome: 'refused', reason: 'malformed' };
    throw error;
  }
}

/** Read before it is known to be genuine, as the signature covers what stands in it; null where it cannot be read. */
function readEvent(body: Buffer): VendorFields | null {
  try {
    return readVendorMessage(body, 'event');
  } catch (error) {
    if (error instanceof Untranslatable) return null;
    throw error;
  }
}

function timestampOf(event: VendorFields | null): string | undefined {
  try {
    return event?.text('timestamp') ?? undefined;
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

function hintsOf(event: VendorFields, headers: WebhookDelivery['headers']): WebhookHint[] {
  const details = event.child('details');
  const place = details?.text('restaurantGuid') ?? headers['toast-restaurant-external-id'] ?? '';
  if (place === '') return [];
  if (event.text('eventCategory')?.startsWith('menus')) {
    return [{ place, reference: { kind: 'catalogue', id: place } }];
  }
  // The order comes in full, but without what guests are told and not always as the last word: it is read again.
  const id = details?.child('order')?.text('guid');
  return id === null || id === undefined ? [] : [{ place, reference: { kind: 'order', id } }];
}
