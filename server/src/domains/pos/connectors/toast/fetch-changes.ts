// What changed at Toast in a window. Its pages have numbers and no documented order, so a row that changes meanwhile
// shifts the others and one may slip through: windows of several pages are read again until a pass brings nothing new.
import { hash } from 'node:crypto';
import { askVendor } from '../ask-vendor.ts';
import type { ChangePage, ChangeWindow, Connection, DocumentReference, VendorDocument } from '../connector.ts';
import { type AnswerObject, documentBytes, objectsIn, readAnswer, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { authorised } from './toast-settings.ts';

/** Toast allows a month. */
const rangeMsMax = 28 * 86_400_000;
const pageSize = 100;
const passesMax = 5;

/** Where a range is being read: it is read again until a pass has found what the one before found. */
interface Reading {
  readonly pass: number;
  readonly page: number;
  /** What the pass before found; null in the first. */
  readonly before: string | null;
  /** What this one has found so far. */
  readonly found: string;
  /** The page before was full and did not say that another follows: this one may be refused. */
  readonly mayBeBeyond: boolean;
}

interface Place extends Reading {
  readonly range: number;
}

const nothing = '0';
const firstReading: Reading = { pass: 1, page: 1, before: null, found: nothing, mayBeBeyond: false };
const startOf = (range: number): Place => ({ range, ...firstReading });

export async function* fetchChanges(
  connection: Connection,
  window: ChangeWindow,
  resumeAt: string | null,
): AsyncGenerator<ChangePage> {
  const ranges: ChangeWindow[] = [];
  for (let ms = window.from.getTime(); ms <= window.to.getTime(); ms += rangeMsMax) {
    ranges.push({ from: new Date(ms), to: new Date(Math.min(ms + rangeMsMax, window.to.getTime())) });
  }
  const start = { ...startOf(0), ...(resumeAt === null ? {} : (JSON.parse(resumeAt) as Partial<Place>)) };
  for (let range = start.range; range < ranges.length; range++) {
    const isLastRange = range === ranges.length - 1;
    yield* readRange(connection, ranges[range] as ChangeWindow, {
      start: range === start.range ? start : firstReading,
      next: isLastRange ? null : JSON.stringify(startOf(range + 1)),
      placeOf: (reading) => JSON.stringify({ ...reading, range } satisfies Place),
    });
  }
}

interface RangePlaces {
  readonly start: Reading;
  /** Where to go on behind this range. */
  readonly next: string | null;
  readonly placeOf: (reading: Reading) => string;
}

async function* readRange(
  connection: Connection,
  range: ChangeWindow,
  { start, next, placeOf }: RangePlaces,
): AsyncGenerator<ChangePage> {
  const seen = new Set<string>();
  let [reading, news, isWhole] = [start, 0, start.page === 1];
  for (;;) {
    const { pass, page, before } = reading;
    const { orders, isLast, isPromised } = await readBulk(connection, range, reading);
    const unseen = orders.filter((order) => !seen.has(keyOf(order)));
    for (const order of unseen) seen.add(keyOf(order));
    news += unseen.length;
    const found = orders.reduce((all, order) => withOne(all, keyOf(order)), reading.found);
    const documents = unseen.map(orderDocument);
    if (isLast) {
      const isNothingNew = pass > 1 && ((isWhole && news === 0) || found === before);
      if (page === 1 || isNothingNew || pass >= passesMax) return yield { documents, resumeAt: next };
      reading = { ...firstReading, pass: pass + 1, before: found };
      [news, isWhole] = [0, true];
    } else {
      reading = { pass, page: page + 1, before, found, mayBeBeyond: !isPromised };
    }
    yield { documents, resumeAt: placeOf(reading) };
  }
}

/**
 * What a pass has found, in so few digits that it goes along in a place: a pass may take longer than a run has time, and
 * one that had forgotten what was found before would begin for ever anew. A sum, as the order is the vendor's business.
 */
function withOne(all: string, key: string): string {
  const one = BigInt(`0x${hash('sha256', key).slice(0, 16)}`);
  return BigInt.asUintN(64, BigInt(`0x${all}`) + one).toString(16);
}

const keyOf = (order: AnswerObject) => `${textIn(order, 'guid')} ${textIn(order, 'modifiedDate')}`;

async function readBulk(connection: Connection, { from, to }: ChangeWindow, { page, mayBeBeyond }: Reading) {
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
