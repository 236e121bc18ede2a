// Square signs the URL as it is configured there, followed by the raw body, with the signature key's own characters.
import type { DocumentReference, VerifiedWebhook, WebhookDelivery, WebhookHint } from '../connector.ts';
import { readVendorMessage, Untranslatable, type VendorFields } from '../vendor-json.ts';
import { isSignedByAny } from '../webhook-signature.ts';

const header = 'x-square-hmacsha256-signature';

export function verifyWebhook(delivery: WebhookDelivery, secrets: readonly string[]): VerifiedWebhook {
  const { body, headers, url } = delivery;
  const signature = headers[header];
  if (signature === undefined || signature === '') return { outcome: 'refused', reason: 'unsigned' };
  if (!isSignedByAny(secrets, { text: signature, encoding: 'base64' }, [url, body])) {
    return { outcome: 'refused', reason: 'wrong_signature' };
  }
  try {
    const event = readVendorMessage(body, 'event');
    return { outcome: 'genuine', dedupeKey: event.needText('event_id'), hints: hintsOf(event) };
  } catch (error) {
    if (error instanceof Untranslatable) return { outcome: 'refused', reason: 'malformed' };
    throw error;
  }
}

/** What the event is about; none for kinds that no sale depends on. Merchant-wide events name the merchant as place. */
function hintsOf(event: VendorFields): WebhookHint[] {
  const type = event.text('type') ?? '';
  const data = event.child('data');
  const merchant = event.text('merchant_id') ?? '';
  if (type === 'oauth.authorization.revoked') return hint(merchant, 'access', merchant);
  if (type === 'catalog.version.updated') return hint(merchant, 'catalogue', merchant);
  const [subject] = type.split('.');
  // An order's own object is named after the event, with underscores; the others after what they are.
  const object = data?.child('object')?.child(subject === 'order' ? type.replaceAll('.', '_') : (subject ?? ''));
  if (object === undefined || object === null) return [];
  const place = object.text('location_id') ?? event.text('location_id') ?? merchant;
  if (subject === 'order') return hint(place, 'order', object.text('order_id') ?? data?.text('id'));
  if (subject === 'refund') return hint(place, 'refund', object.text('id') ?? data?.text('id'));
  if (subject !== 'payment') return [];
  const orderId = object.text('order_id');
  // Straight to the order, so that a burst of events about one sale is one look.
  return orderId === null
    ? hint(place, 'payment', object.text('id') ?? data?.text('id'))
    : hint(place, 'order', orderId);
}

function hint(place: string, kind: DocumentReference['kind'], id: string | null | undefined): WebhookHint[] {
  return id === null || id === undefined || id === '' ? [] : [{ place, reference: { kind, id } }];
}
