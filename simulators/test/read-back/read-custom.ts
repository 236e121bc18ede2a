// Adds the feeds of a till of nobody's make up.

import type { CustomTills } from '../../src/vendors/custom/start-custom-till.ts';
import type { Tender } from '../../src/vendors/ticket.ts';
import { type Json, listOf, minorOf, readJson } from './read-json.ts';
import { type ReadBack, Tally } from './tally.ts';

export async function readCustom(tills: CustomTills | undefined, shopIds: readonly string[]): Promise<ReadBack> {
  if (!tills) throw new Error('no tills here');
  const tally = new Tally();
  for (const shopId of shopIds) {
    const all = async (feed: string) => {
      const rows: Json[] = [];
      for (let after = ''; ; ) {
        const url = `${tills.baseUrlOf(shopId)}/${feed}?limit=100${after === '' ? '' : `&after=${after}`}`;
        const { data } = await readJson(url, { authorization: `Bearer ${tills.apiKey}` });
        rows.push(...listOf(data['items']));
        after = String(data['next']);
        if (String(data['hasMore']) === 'false') return rows;
      }
    };
    for (const sale of await all('transactions')) {
      if (String(sale['test']) === 'true' || String(sale['status']) !== 'completed') continue;
      const businessDate = String(sale['businessDate']);
      for (const payment of listOf(sale['payments'])) {
        const where = { shopId, businessDate, tender: String(payment['method']) as Tender };
        tally.pay(where, { paid: minorOf(payment['amount']), tips: minorOf(payment['tip']) });
      }
      const move = (line: Json, sign: number) =>
        tally.take(shopId, line['sku'] && String(line['sku']), sign * Math.round(Number(line['quantity']) * 1000));
      for (const line of listOf(sale['lines'])) move(line, 1);
      for (const refund of listOf(sale['refunds'])) for (const line of listOf(refund['lines'])) move(line, -1);
    }
    for (const refund of await all('refunds')) {
      const where = {
        shopId,
        businessDate: String(refund['businessDate']),
        tender: String(refund['method']) as Tender,
      };
      tally.pay(where, { refunded: minorOf(refund['amount']) });
    }
  }
  return tally.readBack();
}
