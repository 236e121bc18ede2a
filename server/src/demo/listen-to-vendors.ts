// The webhooks of the demo's vendors, set up as a person would at each vendor's developer pages: an address, and the key
// that the vendor shows for it; at Clover a code is pasted back first.
import { eachItem, type PosWebhook, type Tillstream } from '@tillstream/client';
import type { Vendors } from '@tillstream/simulators/vendors';
import { pageAfter } from './page-after.ts';

export interface Listening {
  readonly client: Tillstream;
  /** Where the server listens. */
  readonly origin: string;
}

export async function listenToVendors(listening: Listening, { square, clover, toast }: Vendors): Promise<void> {
  const { client } = listening;
  if (square) {
    const { id, url } = await ensureAddress(listening, 'square');
    await client.configurePosWebhook(id, { secret: square.subscribe(url).signatureKey, keepFormerHours: 0 });
  }
  if (toast) {
    const { id, url } = await ensureAddress(listening, 'toast');
    await client.configurePosWebhook(id, { secret: toast.subscribe(url).secret, keepFormerHours: 0 });
  }
  if (clover) {
    const { id, url } = await ensureAddress(listening, 'clover');
    await client.configurePosWebhook(id, { setup: 'open' });
    await clover.setWebhookAddress(url);
    const { verificationCode } = await client.readPosWebhook(id);
    const secret = clover.verifyWebhook(verificationCode ?? '');
    await client.configurePosWebhook(id, { secret, keepFormerHours: 0 });
  }
}

/** That of an earlier start, if there is one; the server may listen elsewhere since. */
async function ensureAddress({ client, origin }: Listening, systemType: PosWebhook['systemType']): Promise<PosWebhook> {
  for await (const known of eachItem((after) => client.listPosWebhooks(pageAfter(after)))) {
    if (known.systemType !== systemType) continue;
    return client.configurePosWebhook(known.id, { url: new URL(new URL(known.url).pathname, origin).href });
  }
  return client.createPosWebhook({ systemType });
}
