// What changed at Square in a window: orders, then payments (an adjusted tip or a void need not touch the order), then
// refunds. Payments and refunds are asked for location by location, because without one Square answers those of the main
// location only; orders are searched in groups of the ten locations that a search may name.
import type { ChangePage, ChangeWindow, Connection, DocumentReference, VendorDocument } from '../connector.ts';
import { type AnswerObject, objectsIn, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { askSquare } from './ask-square.ts';
import {
  orderDocuments,
  paymentDocument,
  refundDocuments,
  retrieveOrders,
  retrievePayment,
  retrieveRefund,
} from './square-documents.ts';
import { locationIdsOf } from './square-settings.ts';

const locationsAtOnce = 10;
const ordersLimit = 500;
const listLimit = 100;

interface Step {
  readonly of: 'orders' | 'payments' | 'refunds';
  readonly locationIds: readonly string[];
}

function stepsOf(connection: Connection): Step[] {
  const ids = locationIdsOf(connection.settings);
  const groups: string[][] = [];
  for (let at = 0; at < ids.length; at += locationsAtOnce) groups.push(ids.slice(at, at + locationsAtOnce));
  return [
    ...groups.map((locationIds) => ({ of: 'orders', locationIds }) as const),
    ...ids.map((id) => ({ of: 'payments', locationIds: [id] }) as const),
    ...ids.map((id) => ({ of: 'refunds', locationIds: [id] }) as const),
  ];
}

interface Place {
  readonly step: number;
  readonly cursor: string | null;
}

function readPlace(resumeAt: string | null): Place {
  if (resumeAt === null) return { step: 0, cursor: null };
  const place = JSON.parse(resumeAt) as Place;
  return { step: place.step, cursor: place.cursor };
}

export async function* fetchChanges(
  connection: Connection,
  window: ChangeWindow,
  resumeAt: string | null,
): AsyncGenerator<ChangePage> {
  const steps = stepsOf(connection);
  const seenOrders = new Set<string>();
  let place: Place | null = readPlace(resumeAt);
  let isResumed = resumeAt !== null;
  while (place !== null) {
    const { step: at, cursor }: Place = place;
    const step = steps[at];
    if (step === undefined) return;
    let page: { documents: VendorDocument[]; cursor: string | null };
    try {
      page = await fetchPage(connection, { step, window, cursor }, seenOrders);
    } catch (error) {
      // A cursor kept since yesterday may have gone stale: the step begins anew, and what it brings again changes nothing.
      if (!(isResumed && cursor !== null && error instanceof VendorFailure && error.kind === 'refused')) throw error;
      place = { step: at, cursor: null };
      isResumed = false;
      continue;
    }
    isResumed = false;
    if (page.cursor !== null) place = { step: at, cursor: page.cursor };
    else place = at + 1 < steps.length ? { step: at + 1, cursor: null } : null;
    yield { documents: page.documents, resumeAt: place === null ? null : JSON.stringify(place) };
  }
}

interface PageRequest {
  readonly step: Step;
  readonly window: ChangeWindow;
  readonly cursor: string | null;
}

async function fetchPage(connection: Connection, request: PageRequest, seenOrders: Set<string>) {
  if (request.step.of === 'orders') return searchOrders(connection, request, seenOrders);
  const answer = await list(connection, request);
  const cursor = textIn(answer, 'cursor');
  if (request.step.of === 'refunds') {
    return { documents: await refundDocuments(connection, objectsIn(answer['refunds'])), cursor };
  }
  return { documents: await documentsOfPayments(connection, objectsIn(answer['payments']), seenOrders), cursor };
}

async function searchOrders(connection: Connection, { step, window, cursor }: PageRequest, seenOrders: Set<string>) {
  const updatedAt = { startAt: window.from.toISOString(), endAt: window.to.toISOString() };
  const answer = await askSquare(connection, ({ orders }) =>
    orders.search({
      locationIds: [...step.locationIds],
      limit: ordersLimit,
      query: {
        filter: { dateTimeFilter: { updatedAt } },
        // Ascending, so that an order changed meanwhile moves behind the frozen end and shifts no other.
        sort: { sortField: 'UPDATED_AT', sortOrder: 'ASC' },
      },
      ...(cursor === null ? {} : { cursor }),
    }),
  );
  const found = objectsIn(answer['orders']);
  for (const order of found) seenOrders.add(textIn(order, 'id') ?? '');
  return { documents: await orderDocuments(connection, found), cursor: textIn(answer, 'cursor') };
}

function list(connection: Connection, { step, window, cursor }: PageRequest): Promise<AnswerObject> {
  const request = {
    locationId: step.locationIds[0] ?? '',
    updatedAtBeginTime: window.from.toISOString(),
    updatedAtEndTime: window.to.toISOString(),
    sortField: 'UPDATED_AT',
    sortOrder: 'ASC',
    limit: listLimit,
    ...(cursor === null ? {} : { cursor }),
  } as const;
  return askSquare(connection, (client) =>
    step.of === 'refunds' ? client.refunds.list(request) : client.payments.list(request),
  );
}

async function documentsOfPayments(
  connection: Connection,
  payments: readonly AnswerObject[],
  seenOrders: Set<string>,
): Promise<VendorDocument[]> {
  const unseen = new Set<string>();
  const documents: VendorDocument[] = [];
  for (const payment of payments) {
    const orderId = textIn(payment, 'order_id');
    if (orderId === null) documents.push(paymentDocument(payment));
    else if (!seenOrders.has(orderId)) unseen.add(orderId);
  }
  for (const id of unseen) seenOrders.add(id);
  const orders = await retrieveOrders(connection, [...unseen]);
  return [...documents, ...(await orderDocuments(connection, orders))];
}

export async function fetchOne(connection: Connection, { kind, id }: DocumentReference): Promise<VendorDocument[]> {
  if (kind === 'refund') {
    const refund = await retrieveRefund(connection, id);
    return refund === null ? [] : refundDocuments(connection, [refund]);
  }
  if (kind === 'order') return orderDocuments(connection, await retrieveOrders(connection, [id]));
  if (kind !== 'payment') return [];
  const payment = await retrievePayment(connection, id);
  return payment === null ? [] : documentsOfPayments(connection, [payment], new Set());
}
