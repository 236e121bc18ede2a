// Square's objects with what their translation needs beside them. An order does not tell when a till without a network
// took the money, and a refund neither what came back nor for which order: those stand in its payment and return order.
import type { Connection, VendorDocument } from '../connector.ts';
import { type AnswerObject, documentBytes, objectIn, objectsIn, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { askSquare } from './ask-square.ts';

const ordersAtOnce = 100;
const dayMs = 86_400_000;

export async function orderDocuments(
  connection: Connection,
  orders: readonly AnswerObject[],
): Promise<VendorDocument[]> {
  const offline = await offlinePayments(connection, orders);
  return orders.map((order) => {
    const id = textIn(order, 'id') ?? '';
    const payments = offline.filter((payment) => textIn(payment, 'order_id') === id);
    return { reference: { kind: 'order', id }, bytes: documentBytes({ order, payments }) };
  });
}

/** The offline payments around the time at which these orders reached Square, location by location. */
async function offlinePayments(connection: Connection, orders: readonly AnswerObject[]): Promise<AnswerObject[]> {
  const createdMs = new Map<string, number[]>();
  for (const order of orders) {
    const locationId = textIn(order, 'location_id');
    const ms = Date.parse(textIn(order, 'created_at') ?? '');
    // Whatever it was paid with: Square documents this of cards, and a till without a network takes cash as well.
    if (locationId !== null && !Number.isNaN(ms)) {
      createdMs.set(locationId, [...(createdMs.get(locationId) ?? []), ms]);
    }
  }
  const found: AnswerObject[] = [];
  for (const [locationId, times] of createdMs) {
    const beginTime = new Date(Math.min(...times) - dayMs).toISOString();
    const endTime = new Date(Math.max(...times) + dayMs).toISOString();
    let cursor: string | null = null;
    do {
      const request = { locationId, isOfflinePayment: true, beginTime, endTime, limit: 100 };
      const page: AnswerObject = await askSquare(connection, ({ payments }) =>
        payments.list(cursor === null ? request : { ...request, cursor }),
      );
      found.push(...objectsIn(page['payments']));
      cursor = textIn(page, 'cursor');
    } while (cursor !== null);
  }
  return found;
}

/**
 * Orders by id; those of which Square says that it does not know them are left out. A batch passes over what it cannot
 * find at present without a word, so each of those is asked for by itself: a sale is not given up for a silence.
 */
export async function retrieveOrders(connection: Connection, ids: readonly string[]): Promise<AnswerObject[]> {
  const found: AnswerObject[] = [];
  for (let at = 0; at < ids.length; at += ordersAtOnce) {
    const orderIds = ids.slice(at, at + ordersAtOnce);
    const answer = await askSquare(connection, ({ orders }) => orders.batchGet({ orderIds }));
    const orders = objectsIn(answer['orders']);
    found.push(...orders);
    for (const id of orderIds) {
      if (orders.some((order) => textIn(order, 'id') === id)) continue;
      const order = await retrieveOrder(connection, id);
      if (order !== null) found.push(order);
    }
  }
  return found;
}

/** Null where Square does not know it. Throws VendorFailure, `malformed` where it neither brings it nor says so. */
async function retrieveOrder(connection: Connection, orderId: string): Promise<AnswerObject | null> {
  return unlessUnknown(async () => {
    const answer = await askSquare(connection, ({ orders }) => orders.get({ orderId }));
    const order = objectIn(answer, 'order');
    if (order === null)
      throw new VendorFailure('malformed', 'Square answered without the order that it was asked for.');
    return order;
  });
}

export async function refundDocuments(
  connection: Connection,
  refunds: readonly AnswerObject[],
): Promise<VendorDocument[]> {
  const orderIds = new Set(refunds.flatMap((refund) => textIn(refund, 'order_id') ?? []));
  const orders = new Map<string | null, AnswerObject>();
  for (const order of await retrieveOrders(connection, [...orderIds])) orders.set(textIn(order, 'id'), order);
  const payments = new Map<string, AnswerObject | null>();
  const documents: VendorDocument[] = [];
  for (const refund of refunds) {
    const paymentId = textIn(refund, 'payment_id');
    if (paymentId !== null && !payments.has(paymentId)) {
      payments.set(paymentId, await retrievePayment(connection, paymentId));
    }
    const payment = paymentId === null ? null : (payments.get(paymentId) ?? null);
    const order = orders.get(textIn(refund, 'order_id')) ?? null;
    const id = textIn(refund, 'id') ?? '';
    documents.push({ reference: { kind: 'refund', id }, bytes: documentBytes({ refund, order, payment }) });
  }
  return documents;
}

/** Null where Square does not know it. */
export async function retrievePayment(connection: Connection, paymentId: string): Promise<AnswerObject | null> {
  return unlessUnknown(async () => {
    const answer = await askSquare(connection, ({ payments }) => payments.get({ paymentId }));
    return objectIn(answer, 'payment');
  });
}

/** Null where Square does not know it. */
export async function retrieveRefund(connection: Connection, refundId: string): Promise<AnswerObject | null> {
  return unlessUnknown(async () => {
    const answer = await askSquare(connection, ({ refunds }) => refunds.get({ refundId }));
    return objectIn(answer, 'refund');
  });
}

async function unlessUnknown(find: () => Promise<AnswerObject | null>): Promise<AnswerObject | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof VendorFailure && error.kind === 'not_found') return null;
    throw error;
  }
}

/** A payment that names no order is a document of its own: it can become no sale, but nobody should lose it. */
export function paymentDocument(payment: AnswerObject): VendorDocument {
  const id = textIn(payment, 'id') ?? '';
  return { reference: { kind: 'payment', id }, bytes: documentBytes({ payment }) };
}
