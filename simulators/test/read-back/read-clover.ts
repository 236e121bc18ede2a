// Adds Clover's orders, payments, refunds and credits up.

import type { CloverTills } from '../../src/vendors/clover/start-clover.ts';
import type { Tender } from '../../src/vendors/ticket.ts';
import { type Json, listOf, readJson } from './read-json.ts';
import { dateAt, type ReadBack, Tally } from './tally.ts';

const labels: Readonly<Record<string, Tender>> = {
  'Credit Card': 'card',
  Cash: 'cash',
  'Mobile wallet': 'wallet',
  'Gift Card': 'gift_card',
};

export async function readClover(tills: CloverTills | undefined, shopIds: readonly string[]): Promise<ReadBack> {
  if (!tills) throw new Error('no Clover here');
  const tally = new Tally();
  for (const shopId of shopIds) await readMerchant(tills, shopId, tally);
  return tally.readBack();
}

async function readMerchant(tills: CloverTills, shopId: string, tally: Tally): Promise<void> {
  const all = async (path: string) => {
    const rows: Json[] = [];
    for (let offset = 0; ; offset += 1000) {
      const url = `${tills.url}/v3/merchants/${tills.externalIdOf(shopId)}${path}`;
      const page = await readJson(`${url}${path.includes('?') ? '&' : '?'}limit=1000&offset=${offset}`, {
        authorization: `Bearer ${tills.apiTokenOf(shopId)}`,
      });
      const found = listOf(page.data['elements']);
      rows.push(...found);
      if (found.length < 1000) return rows;
    }
  };
  const skus = new Map((await all('/items')).map((item) => [String(item['id']), String(item['sku'])]));
  const tests = new Set<string>();
  const tenders = new Map<string, Tender>();
  const where = (at: unknown, tender: Tender) => ({ shopId, businessDate: dateAt(shopId, Number(at)), tender });
  for (const order of await all('/orders?expand=lineItems')) {
    if (String(order['testMode']) === 'true') tests.add(String(order['id']));
    else if (String(order['state']) === 'locked') {
      for (const line of listOf(order['lineItems']?.['elements'])) {
        const quantity = Number(line['unitQty'] ?? 1000);
        const isBack = String(line['refunded']) === 'true';
        const sku = skus.get(String(line['item']?.['id']));
        if (!isBack) tally.take(shopId, sku, quantity);
      }
    }
  }
  for (const payment of await all('/payments?expand=tender')) {
    const tender = labels[String(payment['tender']?.['label'])] ?? 'other';
    tenders.set(String(payment['id']), tender);
    if (tests.has(String(payment['order']?.['id'])) || String(payment['result']) !== 'SUCCESS') continue;
    const paid = { paid: Number(payment['amount']), tips: Number(payment['tipAmount']) };
    tally.pay(where(payment['clientCreatedTime'], tender), paid);
  }
  for (const refund of await all('/refunds')) {
    const tender = tenders.get(String(refund['payment']?.['id'])) ?? 'other';
    tally.pay(where(refund['clientCreatedTime'], tender), { refunded: Number(refund['amount']) });
  }
  for (const credit of await all('/credits')) {
    const tender = labels[String(credit['tender']?.['label'])] ?? 'other';
    tally.pay(where(credit['clientCreatedTime'], tender), { refunded: Number(credit['amount']) });
  }
}
