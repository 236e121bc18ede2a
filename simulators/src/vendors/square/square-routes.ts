// Square's paths, and which scope each asks for.

import type { ChangeWindow } from '../change-log.ts';
import { type Answer, type Ask, bearerOf, type Route, readRecord, textOf, textsOf } from '../http-door.ts';
import type { Ledger } from '../ledger.ts';
import type { Trouble } from '../trouble.ts';
import type { VendorShop } from '../vendor-shop.ts';
import type { Catalog } from './catalog.ts';
import { inventoryCounts } from './inventory.ts';
import { type ListedRow, type Listing, listRows } from './list-rows.ts';
import type { SquareOauth } from './oauth.ts';
import { invalid, notFound } from './refusals.ts';
import type { Rendering } from './rendering.ts';
import { searchOrders } from './search-orders.ts';
import { findOrder, orderRows, paymentRow, paymentRows, refundRows } from './square-rows.ts';
import type { SquareWebhooks } from './webhooks.ts';

export interface SquareParts {
  readonly ledger: Ledger;
  readonly rendering: Rendering;
  readonly catalog: Catalog;
  readonly oauth: SquareOauth;
  readonly webhooks: SquareWebhooks;
  readonly shops: readonly VendorShop[];
  readonly now: () => number;
  readonly trouble: Trouble;
}

export function squareRoutes(parts: SquareParts): readonly Route[] {
  return [...oauthRoutes(parts), ...salesRoutes(parts), ...catalogRoutes(parts), ...webhookRoutes(parts)];
}

const ok = (body: unknown): Answer => ({ status: 200, body });

/** A route that needs a token with `scope`. */
const scoped = (parts: SquareParts, scope: string, handle: (ask: Ask) => Answer): Route[2] => {
  return (ask) => {
    parts.oauth.check(bearerOf(ask), scope);
    return handle(ask);
  };
};

function bodyOf(ask: Ask): Readonly<Record<string, unknown>> {
  const body = readRecord(ask.text);
  if (!body) throw invalid('BAD_REQUEST', 'The body is no JSON object.');
  return body;
}

function oauthRoutes({ oauth }: SquareParts): readonly Route[] {
  return [
    ['GET', '/oauth2/authorize', (ask) => oauth.authorize(ask)],
    ['POST', '/oauth2/token', (ask) => oauth.token(ask)],
    ['POST', '/oauth2/revoke', (ask) => oauth.revoke(ask)],
    ['POST', '/oauth2/token/status', (ask) => oauth.status(bearerOf(ask))],
  ];
}

function salesRoutes(parts: SquareParts): readonly Route[] {
  return [
    ['POST', '/v2/orders/search', scoped(parts, 'ORDERS_READ', (ask) => ok(search(parts, bodyOf(ask))))],
    ['POST', '/v2/orders/batch-retrieve', scoped(parts, 'ORDERS_READ', (ask) => ok(batch(parts, bodyOf(ask))))],
    ['GET', '/v2/orders/:id', scoped(parts, 'ORDERS_READ', (ask) => ok({ order: order(parts, ask.params['id']) }))],
    ['PUT', '/v2/orders/:id', scoped(parts, 'ORDERS_WRITE', (ask) => updateOrder(parts, ask))],
    ['GET', '/v2/payments', scoped(parts, 'PAYMENTS_READ', (ask) => ok(payments(parts, ask.query)))],
    [
      'GET',
      '/v2/payments/:id',
      scoped(parts, 'PAYMENTS_READ', (ask) => ok({ payment: payment(parts, ask.params['id']) })),
    ],
    ['GET', '/v2/refunds', scoped(parts, 'PAYMENTS_READ', (ask) => ok(refunds(parts, ask.query)))],
    [
      'GET',
      '/v2/refunds/:id',
      scoped(parts, 'PAYMENTS_READ', (ask) => ok({ refund: refund(parts, ask.params['id']) })),
    ],
    ['GET', '/v2/locations', scoped(parts, 'MERCHANT_PROFILE_READ', () => ok({ locations: locations(parts) }))],
    [
      'GET',
      '/v2/locations/:id',
      scoped(parts, 'MERCHANT_PROFILE_READ', (ask) => ok({ location: location(parts, ask) })),
    ],
  ];
}

function catalogRoutes(parts: SquareParts): readonly Route[] {
  const { catalog, now } = parts;
  return [
    ['POST', '/v2/inventory/counts/batch-retrieve', scoped(parts, 'INVENTORY_READ', (ask) => ok(counts(parts, ask)))],
    ['GET', '/v2/catalog/list', scoped(parts, 'ITEMS_READ', (ask) => ok(catalog.list(ask.query, now())))],
    ['POST', '/v2/catalog/search', scoped(parts, 'ITEMS_READ', (ask) => ok(catalog.search(bodyOf(ask), now())))],
    [
      'POST',
      '/v2/catalog/batch-retrieve',
      scoped(parts, 'ITEMS_READ', (ask) => ok(catalog.batchRetrieve(bodyOf(ask)))),
    ],
  ];
}

function webhookRoutes({ webhooks, oauth }: SquareParts): readonly Route[] {
  const mine =
    (handle: Route[2]): Route[2] =>
    (ask) => {
      oauth.check(bearerOf(ask), undefined);
      return handle(ask);
    };
  return [
    ['POST', '/v2/webhooks/subscriptions', mine((ask) => webhooks.createSubscription(ask))],
    ['GET', '/v2/webhooks/subscriptions', mine(() => webhooks.listSubscriptions())],
    ['DELETE', '/v2/webhooks/subscriptions/:id', mine((ask) => webhooks.deleteSubscription(ask.params['id']))],
    ['POST', '/v2/webhooks/subscriptions/:id/signature-key', mine((ask) => webhooks.rotateKey(ask.params['id']))],
    ['POST', '/v2/webhooks/subscriptions/:id/test', mine((ask) => webhooks.test(ask.params['id']))],
    ['POST', '/v2/events', mine((ask) => webhooks.searchEvents(ask))],
    ['PUT', '/v2/events/enable', mine(() => webhooks.enableEvents(true))],
    ['PUT', '/v2/events/disable', mine(() => webhooks.enableEvents(false))],
  ];
}

const counts = ({ ledger, rendering, shops, now }: SquareParts, ask: Ask) =>
  inventoryCounts(bodyOf(ask), { ledger, rendering, shops, now: now() });

/** What lists show: a new row stays out of them for a while. */
function* listed<Row extends { readonly createdAt: number }>(parts: SquareParts, rows: Iterable<Row>) {
  const until = parts.now() - (parts.trouble.listedAfterMs ?? 0);
  for (const row of rows) if (row.createdAt <= until) yield row;
}

const knownLocations = ({ shops, rendering }: SquareParts) =>
  new Set(shops.map((shop) => rendering.ids.location(shop.id)));

function search(parts: SquareParts, body: Readonly<Record<string, unknown>>) {
  const { rows, cursor } = searchOrders(body, {
    rows: (window) => listed(parts, orderRows(parts.ledger, parts.rendering, window)),
    now: parts.now(),
    knownLocations: knownLocations(parts),
    needsLocations: parts.rendering.switches.searchNeedsLocations,
  });
  const next = cursor === undefined ? {} : { cursor };
  if (body['return_entries'] !== true) return { orders: rows.map((row) => row.render()), ...next };
  const entries = rows.map(({ id, version, locationId }) => ({
    order_id: id,
    ...(version === undefined ? {} : { version }),
    location_id: locationId,
  }));
  return { order_entries: entries, ...next };
}

function batch(parts: SquareParts, body: Readonly<Record<string, unknown>>) {
  const ids = textsOf(body['order_ids']);
  if (!ids?.length) throw invalid('MISSING_REQUIRED_PARAMETER', 'order_ids are needed', 'order_ids');
  if (ids.length > 100) throw invalid('ARRAY_LENGTH_TOO_LONG', 'At most 100 order_ids', 'order_ids');
  return { orders: ids.flatMap((id) => findOrder(id, parts.ledger, parts.rendering)?.render() ?? []) };
}

function order(parts: SquareParts, id: string | undefined) {
  const found = findOrder(id ?? '', parts.ledger, parts.rendering);
  if (!found) throw notFound(`Order not found for id ${id}`);
  return found.render();
}

/** Only what a stale version is answered with matters here: nothing of ours writes orders. */
function updateOrder(parts: SquareParts, ask: Ask): Answer {
  const row = findOrder(ask.params['id'] ?? '', parts.ledger, parts.rendering);
  const given = bodyOf(ask)['order'];
  const version = typeof given === 'object' && given !== null ? Reflect.get(given, 'version') : undefined;
  if (!row) throw notFound('Order not found');
  if (row.version !== version)
    throw invalid(parts.rendering.switches.versionConflictCode, 'The order has another version');
  parts.ledger.touch(row.id);
  return ok({ order: order(parts, row.id) });
}

function listing<Row extends ListedRow>(
  parts: SquareParts,
  rows: (window: ChangeWindow) => Iterable<Row>,
  mainOnly: boolean,
): Listing<Row> {
  const main = parts.shops[0] && parts.rendering.ids.location(parts.shops[0].id);
  return {
    rows: (window) => listed(parts, rows(window)),
    now: parts.now(),
    locationDefault: mainOnly ? main : undefined,
    knownLocations: knownLocations(parts),
  };
}

function payments(parts: SquareParts, query: URLSearchParams) {
  const mainOnly = parts.rendering.switches.paymentsOf === 'main-location';
  const { rows, cursor } = listRows(
    query,
    listing(parts, (window) => paymentRows(parts.ledger, parts.rendering, window), mainOnly),
  );
  return { payments: rows.map((row) => row.render()), ...(cursor === undefined ? {} : { cursor }) };
}

function refunds(parts: SquareParts, query: URLSearchParams) {
  const { rows, cursor } = listRows(
    query,
    listing(parts, () => refundRows(parts.ledger, parts.rendering), false),
  );
  return { refunds: rows.map((row) => row.render()), ...(cursor === undefined ? {} : { cursor }) };
}

function payment({ ledger, rendering }: SquareParts, id: string | undefined) {
  const found = ledger.payments.get(id ?? '');
  if (!found) throw notFound(`Could not find payment with id: ${id}`);
  return paymentRow(found.payment, found.sale, { ledger, rendering }).render();
}

function refund({ ledger, rendering }: SquareParts, id: string | undefined) {
  for (const row of refundRows(ledger, rendering)) if (row.id === id) return row.render();
  throw notFound(`Could not find refund with id: ${id}`);
}

function locations({ shops, rendering }: SquareParts) {
  return shops.map((shop) => ({
    id: rendering.ids.location(shop.id),
    name: shop.name,
    timezone: shop.timeZone,
    currency: shop.currency,
    status: 'ACTIVE',
    type: 'PHYSICAL',
    merchant_id: rendering.ids.merchant,
    capabilities: ['CREDIT_CARD_PROCESSING'],
  }));
}

function location(parts: SquareParts, ask: Ask) {
  const id = ask.params['id'] === 'main' ? locations(parts)[0]?.id : textOf(ask.params['id']);
  const found = locations(parts).find((each) => each.id === id);
  if (!found) throw notFound('Location not found');
  return found;
}
