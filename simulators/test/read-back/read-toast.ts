// Adds Toast's orders up, with what is inside them.

import type { Tender } from '../../src/vendors/ticket.ts';
import type { ToastTills } from '../../src/vendors/toast/start-toast.ts';
import { type Json, listOf, minorOf, readJson } from './read-json.ts';
import { type ReadBack, Tally } from './tally.ts';

const days = ['20260305', '20260306', '20260307', '20260308', '20260309'];
const dated = (day: Json | undefined) => String(day).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');

export async function readToast(tills: ToastTills | undefined, shopIds: readonly string[]): Promise<ReadBack> {
  if (!tills) throw new Error('no Toast here');
  const login = await fetch(`${tills.url}/authentication/v1/authentication/login`, {
    method: 'POST',
    body: JSON.stringify({ ...tills.client, userAccessType: 'TOAST_MACHINE_CLIENT' }),
  });
  const authorization = `Bearer ${((await login.json()) as { token: { accessToken: string } }).token.accessToken}`;
  const tally = new Tally();
  for (const shopId of shopIds) {
    const headers = { authorization, 'toast-restaurant-external-id': tills.externalIdOf(shopId) };
    const menu = await readJson(`${tills.url}/menus/v2/menus`, headers);
    const items = listOf(listOf(listOf(menu.data['menus'])[0]?.['menuGroups'])[0]?.['menuItems']);
    const skus = new Map(items.map((item) => [String(item['guid']), String(item['sku'])]));
    const names = await readJson(`${tills.url}/config/v2/alternatePaymentTypes`, headers);
    const wallet = listOf(names.data).find((each) => String(each['name']) === 'Mobile wallet')?.['guid'];
    for (const day of days) {
      let next: string | undefined = `${tills.url}/orders/v2/ordersBulk?businessDate=${day}&pageSize=100`;
      while (next !== undefined) {
        const page: Awaited<ReturnType<typeof readJson>> = await readJson(next, headers);
        for (const order of listOf(page.data)) addOrder(order, { tally, shopId, skus, wallet: String(wallet) });
        next = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
      }
    }
  }
  return tally.readBack();
}

interface Into {
  readonly tally: Tally;
  readonly shopId: string;
  readonly skus: ReadonlyMap<string, string>;
  readonly wallet: string;
}

function addOrder(order: Json, { tally, shopId, skus, wallet }: Into): void {
  if (['voided', 'deleted', 'createdInTestMode'].some((flag) => String(order[flag]) === 'true')) return;
  for (const check of listOf(order['checks'])) {
    if (String(check['paymentStatus']) === 'OPEN') continue;
    for (const payment of listOf(check['payments'])) {
      const tender = tenderOf(payment, wallet);
      const where = { shopId, businessDate: dated(order['businessDate']), tender };
      tally.pay(where, { paid: minorOf(payment['amount']), tips: minorOf(payment['tipAmount']) });
      const refund = payment['refund'];
      if (!refund) continue;
      const back = minorOf(refund['refundAmount']) + minorOf(refund['tipRefundAmount']);
      tally.pay({ ...where, businessDate: dated(refund['refundBusinessDate']) }, { refunded: back });
    }
    for (const selection of listOf(check['selections'])) {
      if (String(selection['voided']) === 'true') continue;
      const quantity = Math.round(Number(selection['quantity']) * 1000);
      tally.take(shopId, skus.get(String(selection['item']?.['guid'])), quantity - returned(selection, quantity));
    }
  }
}

/** Toast tells what money came back of a selection, not how many pieces: the tax is in proportion to them. */
function returned(selection: Json, quantity: number): number {
  const details = selection['refundDetails'];
  if (!details) return 0;
  const back = (quantity * minorOf(details['taxRefundAmount'])) / minorOf(selection['tax']);
  return quantity % 1000 === 0 ? Math.round(back / 1000) * 1000 : Math.round(back);
}

function tenderOf(payment: Json, wallet: string): Tender {
  const known = { CREDIT: 'card', CASH: 'cash', GIFTCARD: 'gift_card' } as const;
  const isWallet = String(payment['otherPayment']?.['guid']) === wallet;
  return known[String(payment['type']) as keyof typeof known] ?? (isWallet ? 'wallet' : 'other');
}
