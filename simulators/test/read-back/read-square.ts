// Adds Square's orders, payments and refunds up, through the official client.

import type { Square } from 'square';
import { SquareClient } from 'square';
import type { SquareTills } from '../../src/vendors/square/start-square.ts';
import type { Tender } from '../../src/vendors/ticket.ts';
import { dateAt, type ReadBack, Tally } from './tally.ts';

const tenderOf = (payment: Square.Payment): Tender => {
  if (payment.cardDetails?.card?.cardBrand === 'SQUARE_GIFT_CARD') return 'gift_card';
  return ({ CARD: 'card', CASH: 'cash', WALLET: 'wallet' } as const)[payment.sourceType ?? ''] ?? 'other';
};

const minor = (money: Square.Money | undefined) => Number(money?.amount ?? 0n);
const instant = (text: string | null | undefined) => Date.parse(text ?? '');

export async function readSquare(tills: SquareTills | undefined, shopIds: readonly string[]): Promise<ReadBack> {
  if (!tills) throw new Error('no Square here');
  const client = new SquareClient({ token: tills.accessToken, baseUrl: tills.url, maxRetries: 0 });
  const shopOf = new Map(shopIds.map((id) => [tills.externalIdOf(id), id]));
  const tally = new Tally();
  const orders = await allOrders(client, [...shopOf.keys()]);
  const payments = new Map<string, Square.Payment>();
  for (const locationId of shopOf.keys()) {
    for await (const payment of await client.payments.list({ locationId })) payments.set(payment.id ?? '', payment);
  }
  for (const order of orders.filter(({ state }) => state === 'COMPLETED')) {
    for (const tender of order.tenders ?? []) {
      const payment = payments.get(tender.paymentId ?? '');
      if (!payment) throw new Error('a tender without its payment');
      const at = instant(payment.offlinePaymentDetails?.clientCreatedAt ?? order.createdAt);
      const shopId = shopOf.get(order.locationId) ?? '';
      const where = { shopId, businessDate: dateAt(shopId, at), tender: tenderOf(payment) };
      tally.pay(where, { paid: minor(payment.amountMoney), tips: minor(payment.tipMoney) });
    }
  }
  for await (const refund of await client.refunds.list({})) {
    if (refund.status !== 'COMPLETED') continue;
    const paid = payments.get(refund.paymentId ?? '');
    const shopId = shopOf.get(refund.locationId ?? '') ?? '';
    const tender = paid ? tenderOf(paid) : 'cash';
    tally.pay(
      { shopId, businessDate: dateAt(shopId, instant(refund.createdAt)), tender },
      { refunded: minor(refund.amountMoney) },
    );
  }
  const skus = await skusOf(client);
  for (const order of orders.filter(({ state }) => state === 'COMPLETED')) {
    const shopId = shopOf.get(order.locationId) ?? '';
    const move = (line: { catalogObjectId?: string | null; quantity: string }, sign: number) =>
      tally.take(shopId, skus.get(line.catalogObjectId ?? ''), sign * Math.round(Number(line.quantity) * 1000));
    for (const line of order.lineItems ?? []) move(line, 1);
    for (const back of order.returns ?? []) for (const line of back.returnLineItems ?? []) move(line, -1);
  }
  return tally.readBack();
}

async function allOrders(client: SquareClient, locationIds: string[]): Promise<Square.Order[]> {
  const orders: Square.Order[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.orders.search({ locationIds, limit: 100, ...(cursor ? { cursor } : {}) });
    orders.push(...(page.orders ?? []));
    cursor = page.cursor;
  } while (cursor);
  return orders;
}

async function skusOf(client: SquareClient): Promise<Map<string, string>> {
  const skus = new Map<string, string>();
  for await (const object of await client.catalog.list({ types: 'ITEM_VARIATION' })) {
    if (object.type === 'ITEM_VARIATION') skus.set(object.id ?? '', object.itemVariationData?.sku ?? '');
  }
  return skus;
}
