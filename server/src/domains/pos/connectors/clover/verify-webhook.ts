// Clover signs nothing: each message bears a static code, and the address is proved once by a code that a person carries
// over. So the content is never trusted beyond "look again".
import type { DocumentReference, VerifiedWebhook, WebhookDelivery, WebhookHint } from '../connector.ts';
import { isAnswerObject, objectsIn, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { digestOf, isOneOf } from '../webhook-signature.ts';

const header = 'x-clover-auth';
const verificationCode = /^[0-9A-Za-z-]{8,100}$/;

export function verifyWebhook(delivery: WebhookDelivery, secrets: readonly string[]): VerifiedWebhook {
  const { body, headers } = delivery;
  const code = headers[header];
  if (code === undefined || code === '') return readVerification(body);
  if (!isOneOf(code, secrets)) return { outcome: 'refused', reason: 'wrong_signature' };
  const message = readBody(body);
  const merchants = message?.['merchants'];
  if (!isAnswerObject(merchants)) return { outcome: 'refused', reason: 'malformed' };
  const hints = Object.entries(merchants).flatMap(([merchant, notes]) =>
    objectsIn(notes).flatMap((note) => hintOf(merchant, textIn(note, 'objectId') ?? '')),
  );
  return { outcome: 'genuine', dedupeKey: digestOf(delivery), hints: unique(hints) };
}

/** Set-up comes without the code, of necessity; whoever calls decides whether one is awaited. */
function readVerification(body: Buffer): VerifiedWebhook {
  const code = textIn(readBody(body), 'verificationCode');
  if (code === null || !verificationCode.test(code)) return { outcome: 'refused', reason: 'unsigned' };
  return { outcome: 'verification', code };
}

function readBody(body: Buffer) {
  try {
    return readAnswerObject(body);
  } catch (error) {
    if (error instanceof VendorFailure) return null;
    throw error;
  }
}

const kinds: Readonly<Record<string, DocumentReference['kind']>> = {
  O: 'order',
  P: 'payment',
  I: 'catalogue',
  A: 'access',
};

function hintOf(merchant: string, objectId: string): WebhookHint[] {
  const [, prefix = '', id = ''] = /^([A-Z]{1,2}):(.+)$/.exec(objectId) ?? [];
  const kind = Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined;
  if (kind === undefined) return [];
  return [{ place: merchant, reference: { kind, id: kind === 'catalogue' || kind === 'access' ? merchant : id } }];
}

function unique(hints: readonly WebhookHint[]): WebhookHint[] {
  return [...new Map(hints.map((hint) => [JSON.stringify(hint), hint])).values()];
}
