// What changed at Clover in a window: orders, then the orders of changed payments and of new refunds, which need not
// have touched them, then money given back without any order. Ranges are cut, because beyond ninety days Clover leaves
// rows out without a word.
import type { ChangePage, ChangeWindow, Connection, DocumentReference, VendorDocument } from '../connector.ts';
import { type AnswerObject, documentBytes, objectIn, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { type KeyList, type KeyPage, type KeyPlace, readKeyPage, readObject } from './list-by-key.ts';
import { orderDocuments, readOrder, readOrdersPage, readTenders } from './order-documents.ts';

const rangeMsMax = 60 * 86_400_000;

type Feed = 'orders' | 'payments' | 'refunds' | 'credits';
const feeds: readonly Feed[] = ['orders', 'payments', 'refunds', 'credits'];

// Each row may cost reads of its order, and a page is read as a whole or again: small pages come through bad times.
const otherLists: Record<Exclude<Feed, 'orders'>, KeyList> = {
  payments: { path: '/payments', key: 'modifiedTime', limit: 20 },
  refunds: { path: '/refunds', key: 'createdTime', limit: 20 },
  credits: { path: '/credits', key: 'createdTime', expand: 'tender' },
};

interface Step {
  readonly feed: Feed;
  readonly fromMs: number;
  readonly toMs: number;
  readonly windowFromMs: number;
}

function stepsOf({ from, to }: ChangeWindow): Step[] {
  const steps: Step[] = [];
  for (const feed of feeds) {
    for (let fromMs = from.getTime(); fromMs <= to.getTime(); fromMs += rangeMsMax + 1) {
      steps.push({ feed, fromMs, toMs: Math.min(fromMs + rangeMsMax, to.getTime()), windowFromMs: from.getTime() });
    }
  }
  return steps;
}

interface Place {
  readonly step: number;
  readonly at: KeyPlace | null;
}

export async function* fetchChanges(
  connection: Connection,
  window: ChangeWindow,
  resumeAt: string | null,
): AsyncGenerator<ChangePage> {
  const steps = stepsOf(window);
  const reader = new Reader(connection);
  let place: Place | null = resumeAt === null ? { step: 0, at: null } : (JSON.parse(resumeAt) as Place);
  while (place !== null) {
    const step: Step | undefined = steps[place.step];
    if (step === undefined) return;
    const page = await reader.read(step, place.at ?? { fromMs: step.fromMs, offset: 0 });
    if (page.next !== null) place = { step: place.step, at: page.next };
    else place = place.step + 1 < steps.length ? { step: place.step + 1, at: null } : null;
    yield { documents: page.documents, resumeAt: place === null ? null : JSON.stringify(place) };
  }
}

class Reader {
  readonly #connection: Connection;
  /** Of orders, with their stamps: pages overlap by the rows of one stamp. */
  readonly #seen = new Set<string>();
  #tenders: AnswerObject | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async read(step: Step, place: KeyPlace): Promise<{ documents: VendorDocument[]; next: KeyPlace | null }> {
    const where = { place, toMs: step.toMs };
    if (step.feed === 'orders') {
      const page = await readOrdersPage(this.#connection, where);
      return { documents: await this.#documents(page.rows), next: page.next };
    }
    const page = await this.#readOther(step, where);
    if (step.feed === 'credits') return { documents: page.rows.map(creditDocument), next: page.next };
    const orders: AnswerObject[] = [];
    const key = step.feed === 'payments' ? 'order' : 'orderRef';
    const ids = new Set(page.rows.map((row) => textIn(objectIn(row, key), 'id')));
    for (const id of ids) {
      if (id === null || this.#seen.has(id)) continue;
      const order = await readOrder(this.#connection, id);
      if (order !== null) orders.push(order);
    }
    return { documents: await this.#documents(orders), next: page.next };
  }

  /** The path of credits is not documented: where it is not there, there is nothing to be read. */
  async #readOther({ feed, windowFromMs }: Step, where: { place: KeyPlace; toMs: number }): Promise<KeyPage> {
    const list = otherLists[feed === 'orders' ? 'payments' : feed];
    // Orders that changed in the window have been read, and those that changed since come with the next one.
    const filters = feed === 'payments' ? [`order.modifiedTime<${windowFromMs}`] : [];
    try {
      return await readKeyPage(this.#connection, { ...list, filters }, where);
    } catch (error) {
      const isAbsent = feed === 'credits' && error instanceof VendorFailure && error.kind === 'not_found';
      if (isAbsent) return { rows: [], next: null };
      throw error;
    }
  }

  async #documents(orders: readonly AnswerObject[]): Promise<VendorDocument[]> {
    const unseen = orders.filter((order) => !this.#seen.has(`${textIn(order, 'id')} ${textIn(order, 'modifiedTime')}`));
    for (const order of unseen) {
      this.#seen.add(`${textIn(order, 'id')} ${textIn(order, 'modifiedTime')}`);
      this.#seen.add(textIn(order, 'id') ?? '');
    }
    if (unseen.length === 0) return [];
    this.#tenders ??= await readTenders(this.#connection);
    return orderDocuments(this.#connection, unseen, this.#tenders);
  }
}

function creditDocument(credit: AnswerObject): VendorDocument {
  return { reference: { kind: 'refund', id: textIn(credit, 'id') ?? '' }, bytes: documentBytes({ credit }) };
}

export async function fetchOne(connection: Connection, { kind, id }: DocumentReference): Promise<VendorDocument[]> {
  const orderId = kind === 'order' ? id : await orderOf(connection, kind, id);
  const order = orderId === null ? null : await readOrder(connection, orderId);
  return order === null ? [] : orderDocuments(connection, [order], await readTenders(connection));
}

async function orderOf(connection: Connection, kind: DocumentReference['kind'], id: string): Promise<string | null> {
  if (kind !== 'payment' && kind !== 'refund') return null;
  const object = await readObject(connection, `/${kind}s/${encodeURIComponent(id)}`);
  return textIn(objectIn(object, kind === 'payment' ? 'order' : 'orderRef'), 'id');
}
