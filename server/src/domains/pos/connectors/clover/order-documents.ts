// Orders with all that Clover tells only when asked for it. A call expands three lists at most and cuts each at a
// hundred, so an order is put together from two reads and, where it is long, from pages of its lines.
import type { Connection, VendorDocument } from '../connector.ts';
import { type AnswerObject, documentBytes, objectIn, objectsIn, textIn } from '../vendor-answer.ts';
import { type KeyList, type KeyPage, type KeyPlace, readElements, readKeyPage, readObject } from './list-by-key.ts';

const goods = 'lineItems.discounts,lineItems.modifications,payments';
const rest = 'discounts,refunds,serviceCharge';
const listedMax = 100;
const linesAtOnce = 1000;

const ordersList = { path: '/orders', key: 'modifiedTime' } as const satisfies KeyList;

export async function readOrdersPage(
  connection: Connection,
  where: { readonly place: KeyPlace; readonly toMs: number },
): Promise<KeyPage> {
  const page = await readKeyPage(connection, { ...ordersList, expand: goods }, where);
  if (page.rows.length === 0) return page;
  const others = await readKeyPage(connection, { ...ordersList, expand: rest }, where);
  const byId = new Map(others.rows.map((row) => [textIn(row, 'id'), row]));
  const rows: AnswerObject[] = [];
  for (const row of page.rows) {
    const other = byId.get(textIn(row, 'id'));
    // Changed between the two reads: what they say of it does not belong together.
    const fits = other !== undefined && textIn(other, 'modifiedTime') === textIn(row, 'modifiedTime');
    const whole = fits ? { ...row, ...lists(other) } : await readOrder(connection, textIn(row, 'id') ?? '');
    if (whole !== null) rows.push(whole);
  }
  return { ...page, rows };
}

const lists = (order: AnswerObject): AnswerObject => ({
  discounts: order['discounts'],
  refunds: order['refunds'],
  serviceCharge: order['serviceCharge'],
});

const triesMax = 5;

/** Null where Clover does not know it (any more). */
export async function readOrder(connection: Connection, id: string): Promise<AnswerObject | null> {
  const path = `/orders/${encodeURIComponent(id)}`;
  for (let tries = 1; ; tries++) {
    const order = await readObject(connection, `${path}?expand=${goods}`);
    const other = order === null ? null : await readObject(connection, `${path}?expand=${rest}`);
    if (order === null || other === null) return null;
    // At a till in the middle of a sale this may go on; what is read last will be read again as a change.
    if (textIn(order, 'modifiedTime') === textIn(other, 'modifiedTime') || tries === triesMax) {
      return { ...order, ...lists(other) };
    }
  }
}

export async function orderDocuments(
  connection: Connection,
  orders: readonly AnswerObject[],
  tenders: AnswerObject,
): Promise<VendorDocument[]> {
  const documents: VendorDocument[] = [];
  for (const order of orders) {
    const id = textIn(order, 'id') ?? '';
    const whole = { ...order, lineItems: { elements: await linesOf(connection, order) } };
    documents.push({ reference: { kind: 'order', id }, bytes: documentBytes({ order: whole, tenders }) });
  }
  return documents;
}

async function linesOf(connection: Connection, order: AnswerObject): Promise<AnswerObject[]> {
  const listed = objectsIn(objectIn(order, 'lineItems')?.['elements']);
  if (listed.length < listedMax) return listed;
  const path = `/orders/${encodeURIComponent(textIn(order, 'id') ?? '')}/line_items?expand=discounts,modifications`;
  const lines: AnswerObject[] = [];
  for (;;) {
    const page = await readElements(connection, `${path}&limit=${linesAtOnce}&offset=${lines.length}`);
    lines.push(...page);
    if (page.length < linesAtOnce) return lines;
  }
}

/** What the merchant's tenders are, by id: payments name them by that alone. */
export async function readTenders(connection: Connection): Promise<AnswerObject> {
  const tenders = await readElements(connection, '/tenders?limit=1000');
  return Object.fromEntries(
    tenders.map((tender) => [textIn(tender, 'id') ?? '', { label: tender['label'], labelKey: tender['labelKey'] }]),
  );
}
