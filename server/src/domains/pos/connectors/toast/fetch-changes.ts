// What changed at Toast in a window. Its pages have numbers and no documented order, so a row that changes meanwhile
// shifts the others and one may slip through: windows of several pages are read again until a pass brings nothing new.
import { askVendor } from '../ask-vendor.ts';
import type { ChangePage, ChangeWindow, Connection, DocumentReference, VendorDocument } from '../connector.ts';
import { type AnswerObject, documentBytes, objectsIn, readAnswer, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { authorised } from './toast-settings.ts';

/** Toast allows a month. */
const rangeMsMax = 28 * 86_400_000;
const pageSize = 100;
const passesMax = 5;

interface Place {
  readonly range: number;
  readonly page: number;
}

export async function* fetchChanges(
  connection: Connection,
  window: ChangeWindow,
  resumeAt: string | null,
): AsyncGenerator<ChangePage> {
  const ranges: ChangeWindow[] = [];
  for (let ms = window.from.getTime(); ms <= window.to.getTime(); ms += rangeMsMax) {
    ranges.push({ from: new Date(ms), to: new Date(Math.min(ms + rangeMsMax, window.to.getTime())) });
  }
  const start = resumeAt === null ? { range: 0, page: 1 } : (JSON.parse(resumeAt) as Place);
  for (let range = start.range; range < ranges.length; range++) {
    const isLastRange = range === ranges.length - 1;
    const next = isLastRange ? null : JSON.stringify({ range: range + 1, page: 1 } satisfies Place);
    yield* readRange(connection, ranges[range] as ChangeWindow, {
      firstPage: range === start.range ? start.page : 1,
      next,
      placeOf: (page) => JSON.stringify({ range, page } satisfies Place),
    });
  }
}

interface RangePlaces {
  readonly firstPage: number;
  /** Where to go on behind this range. */
  readonly next: string | null;
  readonly placeOf: (page: number) => string;
}

async function* readRange(
  connection: Connection,
  range: ChangeWindow,
  { firstPage, next, placeOf }: RangePlaces,
): AsyncGenerator<ChangePage> {
  const seen = new Set<string>();
  for (let pass = 1; pass <= passesMax; pass++) {
    let [news, page, mayBeBeyond] = [0, pass === 1 ? firstPage : 1, false];
    for (let isLast = false; !isLast; page++) {
      const answer = await readBulk(connection, range, { page, mayBeBeyond });
      mayBeBeyond = !answer.isPromised;
      isLast = answer.isLast;
      const unseen = answer.orders.filter((order) => !seen.has(keyOf(order)));
      for (const order of unseen) seen.add(keyOf(order));
      news += unseen.length;
      // Until a pass brings nothing new, what follows the last page is the first one.
      const resumeAt = isLast ? placeOf(1) : placeOf(page + 1);
      if (isLast && page === 1) return yield { documents: unseen.map(orderDocument), resumeAt: next };
      yield { documents: unseen.map(orderDocument), resumeAt };
    }
    if (news === 0 && pass > 1) break;
  }
  yield { documents: [], resumeAt: next };
}

const keyOf = (order: AnswerObject) => `${textIn(order, 'guid')} ${textIn(order, 'modifiedDate')}`;

interface BulkPage {
  readonly page: number;
  /** The page before was full and did not say that another follows: a page beyond the end may be refused. */
  readonly mayBeBeyond: boolean;
}

async function readBulk(connection: Connection, { from, to }: ChangeWindow, { page, mayBeBeyond }: BulkPage) {
  const query = new URLSearchParams({
    startDate: stampOf(from),
    // Exclusive at Toast.
    endDate: stampOf(new Date(to.getTime() + 1)),
    pageSize: String(pageSize),
    page: String(page),
  });
  try {
    const path = `/orders/v2/ordersBulk?${query}`;
    const { body, headers } = await askVendor(connection, { path, headers: authorised(connection) });
    const answer = readAnswer(body);
    if (!Array.isArray(answer)) throw new VendorFailure('malformed', "Toast's answer is no list of orders.");
    const orders = objectsIn(answer);
    const link = headers.get('link');
    const isPromised = link !== null && /rel="?next"?/.test(link);
    const isLast = link === null ? orders.length < pageSize : !isPromised;
    return { orders, isLast, isPromised };
  } catch (error) {
    // Anything else is orders that are not told: the window is read anew instead of being taken for read.
    const isBeyond = mayBeBeyond && error instanceof VendorFailure && [400, 404].includes(error.status ?? 0);
    if (isBeyond) return { orders: [], isLast: true, isPromised: false };
    throw error;
  }
}

/** With an offset without a colon, as Toast writes it; URLSearchParams encodes its plus. */
const stampOf = (date: Date) => date.toISOString().replace('Z', '+0000');

function orderDocument(order: AnswerObject): VendorDocument {
  return { reference: { kind: 'order', id: textIn(order, 'guid') ?? '' }, bytes: documentBytes({ order }) };
}

export async function fetchOne(connection: Connection, { kind, id }: DocumentReference): Promise<VendorDocument[]> {
  const orderId = kind === 'payment' ? textIn(await readObject(connection, `payments/${id}`), 'orderGuid') : id;
  if (orderId === null || (kind !== 'order' && kind !== 'payment')) return [];
  const order = await readObject(connection, `orders/${orderId}`);
  return order === null ? [] : [orderDocument(order)];
}

async function readObject(connection: Connection, path: string): Promise<AnswerObject | null> {
  const [kind, id = ''] = path.split('/');
  try {
    const { body } = await askVendor(connection, {
      path: `/orders/v2/${kind}/${encodeURIComponent(id)}`,
      headers: authorised(connection),
    });
    return readAnswerObject(body);
  } catch (error) {
    // An id that is no GUID is refused instead of unknown.
    if (error instanceof VendorFailure && ['refused', 'not_found'].includes(error.kind)) return null;
    throw error;
  }
}
