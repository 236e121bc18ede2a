// What the verifiers of all makes have in common: HMACs of raw bytes, compared so that the time taken says nothing.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { WebhookDelivery } from './connector.ts';

/** True if `given` is the digest under any of the secrets; all are tried, whichever fits. */
export function isSignedByAny(
  secrets: readonly string[],
  given: { readonly text: string; readonly encoding: 'base64' | 'hex' },
  parts: readonly (Uint8Array | string)[],
): boolean {
  let fits = false;
  for (const secret of secrets) {
    // node:crypto takes an empty key without a word, and everybody knows that one.
    if (secret === '') continue;
    const hmac = createHmac('sha256', secret);
    for (const part of parts) hmac.update(part);
    if (isEqualText(given.text, hmac.digest(given.encoding))) fits = true;
  }
  return fits;
}

/** Compares digests of both, so that neither content nor length shows in the time. */
export function isEqualText(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}

export function isOneOf(given: string, secrets: readonly string[]): boolean {
  let fits = false;
  for (const secret of secrets) if (secret !== '' && isEqualText(given, secret)) fits = true;
  return fits;
}

/** For makes whose messages bear no id. */
export function digestOf({ body }: WebhookDelivery): string {
  return `sha256:${hash('sha256', body)}`;
}
