// Clover's webhooks: one address for the whole app, proved by a code that a person carries over, then messages with a
// static password and nothing signed: several merchants and ids in one, no event ids.

import { guid } from '../external-ids.ts';
import type { LedgerChange } from '../ledger-rows.ts';
import type { WebhookSender } from '../webhook-sender.ts';

export interface CloverWebhooksPorts {
  readonly seed: string;
  readonly appId: string;
  readonly now: () => number;
  readonly sender: WebhookSender;
}

interface Note {
  readonly objectId: string;
  readonly type: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly ts: number;
}

export class CloverWebhooks {
  readonly #ports: CloverWebhooksPorts;
  #address: { readonly url: string; readonly code: string; readonly authCode: string; verified: boolean } | undefined;
  #waiting = new Map<string, Note[]>();
  #count = 0;

  constructor(ports: CloverWebhooksPorts) {
    this.#ports = ports;
  }

  /** The developer types the address in: it is sent a code, without any proof of who asks. Resolves with the answer. */
  async setAddress(url: string): Promise<number | 'timeout' | 'unreachable'> {
    const { seed, sender } = this.#ports;
    const n = ++this.#count;
    const code = guid(seed, 'verification', n);
    this.#address = { url, code, authCode: guid(seed, 'auth-code', n), verified: false };
    return await sender.post({ url, body: JSON.stringify({ verificationCode: code }), headers: () => ({}) });
  }

  /** The developer pastes the code that his receiver showed him, and is shown the password of all messages. */
  verify(code: string): string {
    if (!this.#address || this.#address.code !== code) throw new Error('this is not the code that was sent');
    this.#address.verified = true;
    return this.#address.authCode;
  }

  note(merchant: string, objectId: string, type: Note['type']): void {
    if (!this.#address?.verified) return;
    // What happens at once goes out in one message.
    if (this.#waiting.size === 0) queueMicrotask(() => this.#flush());
    const notes = this.#waiting.get(merchant) ?? [];
    this.#waiting.set(merchant, notes);
    if (notes.some((note) => note.objectId === objectId && note.type === type)) return;
    notes.push({ objectId, type, ts: this.#ports.now() });
  }

  #flush(): void {
    const address = this.#address;
    const body = JSON.stringify({ appId: this.#ports.appId, merchants: Object.fromEntries(this.#waiting) });
    this.#waiting = new Map();
    if (!address) return;
    this.#ports.sender.send({ url: address.url, body, headers: () => ({ 'X-Clover-Auth': address.authCode }) });
  }
}

/** There is no key for refunds: they show as changes of their payment and order. */
export function notesOf(change: LedgerChange): readonly { objectId: string; type: 'CREATE' | 'UPDATE' }[] {
  const type = change.type === 'created' ? 'CREATE' : 'UPDATE';
  if (change.of === 'sale') return [{ objectId: `O:${change.sale.id}`, type }];
  if (change.of === 'payment') return [{ objectId: `P:${change.payment.id}`, type }];
  const { sale } = change.back;
  return sale ? [{ objectId: `O:${sale.id}`, type: 'UPDATE' }] : [];
}
