// Toast's paths. Nearly every call names its restaurant in a header.

import { allChanges } from '../change-log.ts';
import { type Answer, type Ask, bearerOf, type Route } from '../http-door.ts';
import type { LedgerPayment, LedgerSale } from '../ledger-rows.ts';
import type { Trouble } from '../trouble.ts';
import type { VendorShop } from '../vendor-shop.ts';
import type { ToastLogin } from './login.ts';
import { ordersBulk } from './orders-bulk.ts';
import { ToastRefusal } from './refusals.ts';
import { renderOrder, renderPayment } from './render-order.ts';
import { dayNumber, major, type Rendering, stamp } from './rendering.ts';

export interface ToastParts {
  readonly rendering: Rendering;
  readonly login: ToastLogin;
  readonly shops: readonly VendorShop[];
  readonly now: () => number;
  readonly trouble: Trouble;
  readonly url: () => string;
  readonly menuUpdatedAt: (shopId: string) => number;
}

const ok = (body: unknown): Answer => ({ status: 200, body });

export function toastRoutes(parts: ToastParts): readonly Route[] {
  const base = parts.rendering.switches.basePath;
  const get = (path: string, handle: (ask: Ask) => Answer): Route => [
    'GET',
    `${base}${path}`,
    (ask) => {
      parts.login.check(bearerOf(ask));
      return handle(ask);
    },
  ];
  const ofShop = (path: string, handle: (shop: VendorShop, ask: Ask) => Answer): Route =>
    get(path, (ask) => handle(shopOf(parts, ask.headers['toast-restaurant-external-id']), ask));
  return [
    ['POST', `${base}/authentication/v1/authentication/login`, (ask) => parts.login.answer(ask)],
    ofShop('/orders/v2/ordersBulk', (shop, ask) => bulk(parts, shop, ask)),
    ofShop('/orders/v2/orders/:guid', (shop, ask) => order(parts, shop, ask)),
    ofShop('/orders/v2/payments', (shop, ask) => payments(parts, shop, ask)),
    ofShop('/orders/v2/payments/:guid', (shop, ask) => payment(parts, shop, ask)),
    ofShop('/menus/v2/menus', (shop) => ok(menus(parts, shop))),
    ofShop('/menus/v2/metadata', (shop) => ok(metadata(parts, shop))),
    // Items that can be sold and are not counted are never listed.
    ofShop('/stock/v1/inventory', () => ok([])),
    ofShop('/config/v2/alternatePaymentTypes', (shop) => ok(alternatePayments(parts, shop))),
    ofShop('/config/v2/diningOptions', (shop) => ok([named(parts, shop, ['dining', 'Take out'])])),
    ofShop('/config/v2/revenueCenters', (shop) => ok([named(parts, shop, ['revenue', 'Counter'])])),
    get('/restaurants/v1/restaurants/:guid', (ask) => ok(restaurant(parts, shopOf(parts, ask.params['guid'])))),
    get('/restaurants/v1/groups/:guid/restaurants', () =>
      ok(parts.shops.map((shop) => ({ guid: guidOf(parts, shop) }))),
    ),
    get('/partners/v1/restaurants', () => ok(parts.shops.map((shop) => connected(parts, shop)))),
    get('/partners/v1/connectedRestaurants', (ask) => ok(connectedPage(parts, ask))),
  ];
}

const guidOf = ({ rendering }: ToastParts, shop: VendorShop) => rendering.ids.restaurant(shop.id);

function shopOf(parts: ToastParts, guid: string | undefined): VendorShop {
  if (!guid) throw new ToastRefusal(400, 'Toast-Restaurant-External-ID is required');
  const found = parts.shops.find((shop) => guidOf(parts, shop) === guid);
  if (!found) throw new ToastRefusal(403, 'The restaurant is not connected to this client');
  return found;
}

/** What lists show: a new order stays out of them for a while. */
function* listed(parts: ToastParts, shop: VendorShop, window = allChanges): Generator<LedgerSale, void, undefined> {
  const until = parts.now() - (parts.trouble.listedAfterMs ?? 0);
  for (const sale of parts.rendering.ledger.salesLog.between(window)) {
    if (sale.shop.id === shop.id && sale.createdAt <= until) yield sale;
  }
}

function bulk(parts: ToastParts, shop: VendorShop, ask: Ask): Answer {
  return ordersBulk(ask, {
    sales: (window) => listed(parts, shop, window),
    switches: parts.rendering.switches,
    url: parts.url(),
    render: (sale) => renderOrder(sale, parts.rendering),
  });
}

function order(parts: ToastParts, shop: VendorShop, ask: Ask): Answer {
  const sale = parts.rendering.ledger.sales.get(ask.params['guid'] ?? '');
  if (!sale || sale.shop.id !== shop.id) throw new ToastRefusal(404, 'No such order');
  return ok(renderOrder(sale, parts.rendering));
}

const businessDates = ['paidBusinessDate', 'refundBusinessDate', 'voidBusinessDate'] as const;

/** The GUIDs of the payments that were paid, given back or voided on a business date. */
function payments(parts: ToastParts, shop: VendorShop, ask: Ask): Answer {
  const [kind, ...more] = businessDates.filter((each) => ask.query.has(each));
  const day = Number(ask.query.get(kind ?? '') ?? Number.NaN);
  if (!kind || more.length > 0 || Number.isNaN(day)) throw new ToastRefusal(400, 'One business date is required');
  const found: string[] = [];
  for (const sale of listed(parts, shop)) {
    for (const each of sale.payments) if (datesOf(parts, each, sale)[kind] === day) found.push(each.id);
  }
  return ok(found);
}

function datesOf({ rendering }: ToastParts, each: LedgerPayment, sale: LedgerSale) {
  const refund = rendering.ledger
    .returnsOf(sale)
    .flatMap(({ refunds }) => refunds)
    .findLast((one) => one.payment === each && one.status === 'completed');
  return {
    paidBusinessDate: dayNumber(each.paidAt, sale.shop),
    refundBusinessDate: refund && dayNumber(refund.refundedAt, sale.shop),
    voidBusinessDate:
      each.status === 'voided' && sale.closedAt !== undefined ? dayNumber(sale.closedAt, sale.shop) : undefined,
  };
}

function payment(parts: ToastParts, shop: VendorShop, ask: Ask): Answer {
  const found = parts.rendering.ledger.payments.get(ask.params['guid'] ?? '');
  if (!found || found.sale.shop.id !== shop.id) throw new ToastRefusal(404, 'No such payment');
  return ok(renderPayment(found.payment, found.sale, parts.rendering));
}

function metadata(parts: ToastParts, shop: VendorShop) {
  return { restaurantGuid: guidOf(parts, shop), lastUpdated: stamp(parts.menuUpdatedAt(shop.id)) };
}

/** What can be sold today: an item that was deleted is simply not there. */
function menus(parts: ToastParts, shop: VendorShop) {
  const { ids } = parts.rendering;
  const menuItems = [...parts.rendering.items(shop.id).items.values()]
    .filter(({ deleted }) => !deleted)
    .map(({ key, product }) => ({
      name: product.name,
      guid: ids.item(shop.id, key),
      multiLocationId: ids.multiLocation(key),
      sku: product.sku,
      plu: product.sku,
      price: major(product.priceCents, shop),
      pricingStrategy: 'BASE_PRICE',
      unitOfMeasure: product.unit === 'kg' ? 'KG' : 'NONE',
      modifierGroupReferences: [],
    }));
  const group = { name: 'Everything', guid: ids.partOf(shop.id, 'group'), menuGroups: [], menuItems };
  return {
    ...metadata(parts, shop),
    restaurantTimeZone: shop.timeZone,
    menus: [{ name: 'All day', guid: ids.partOf(shop.id, 'menu'), menuGroups: [group] }],
    modifierGroupReferences: {},
    modifierOptionReferences: {},
  };
}

const named = ({ rendering }: ToastParts, shop: VendorShop, [part, name]: readonly [string, string]) => ({
  guid: rendering.ids.partOf(shop.id, part),
  name,
});

const alternatePayments = (parts: ToastParts, shop: VendorShop) => [
  named(parts, shop, ['wallet', 'Mobile wallet']),
  named(parts, shop, ['other', 'Voucher']),
];

function restaurant(parts: ToastParts, shop: VendorShop) {
  return {
    guid: guidOf(parts, shop),
    general: {
      name: shop.name,
      locationName: shop.name,
      timeZone: shop.timeZone,
      closeoutHour: shop.closingHour,
      currencyCode: shop.currency,
      managementGroupGuid: parts.rendering.ids.group,
    },
  };
}

const connected = (parts: ToastParts, shop: VendorShop) => ({
  restaurantGuid: guidOf(parts, shop),
  managementGroupGuid: parts.rendering.ids.group,
  restaurantName: shop.name,
  locationName: shop.name,
  deleted: false,
});

const connectedPageSize = 10;

function connectedPage(parts: ToastParts, ask: Ask) {
  const from = Number(ask.query.get('pageToken') ?? 0);
  const next = from + connectedPageSize;
  return {
    results: parts.shops.slice(from, next).map((shop) => connected(parts, shop)),
    nextPageToken: next < parts.shops.length ? String(next) : null,
  };
}
