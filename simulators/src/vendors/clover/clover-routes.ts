// Clover's paths. Everything hangs under the merchant.

import { allChanges, type ChangeWindow } from '../change-log.ts';
import { type Answer, type Ask, bearerOf, type Route } from '../http-door.ts';
import type { Item } from '../item-book.ts';
import type { LedgerPayment, LedgerSale } from '../ledger-rows.ts';
import type { Trouble } from '../trouble.ts';
import type { VendorShop } from '../vendor-shop.ts';
import { type ListedRow, lastNinetyDays, listAnswer, readExpand } from './list-rows.ts';
import type { CloverOauth } from './oauth.ts';
import { CloverRefusal } from './refusals.ts';
import { orderExpands, renderLines, renderOrder } from './render-order.ts';
import {
  allTenders,
  paymentExpands,
  paymentResult,
  renderCredit,
  renderPayment,
  renderRefund,
  renderTender,
} from './render-payment.ts';
import { elements, type Rendering, ref } from './rendering.ts';

export interface CloverParts {
  readonly rendering: Rendering;
  readonly oauth: CloverOauth;
  readonly shops: readonly VendorShop[];
  readonly now: () => number;
  readonly trouble: Trouble;
}

const orderFields = [
  ...['id', 'modifiedTime', 'createdTime', 'clientCreatedTime', 'deletedTime', 'state', 'payType', 'total', 'testMode'],
  ...['title', 'note', 'touched', 'orderType', 'employee.id', 'device.id', 'externalReferenceId', 'manualTransaction'],
];
const paymentFields = [
  ...['id', 'modifiedTime', 'createdTime', 'clientCreatedTime', 'result', 'offline', 'voided', 'order.modifiedTime'],
  ...['device.id', 'tender.id', 'externalPaymentId', 'externalReferenceId', 'amount'],
];
const refundFields = ['id', 'createdTime', 'clientCreatedTime', 'modifiedTime', 'amount', 'payment.id'];
const itemFields = ['id', 'modifiedTime', 'deleted', 'sku', 'itemCode', 'itemStock.quantity', 'name'];

const ok = (body: unknown): Answer => ({ status: 200, body });

export function cloverRoutes(parts: CloverParts): readonly Route[] {
  const merchant = '/v3/merchants/:m';
  const at = (path: string, handle: (shop: VendorShop, ask: Ask) => Answer): Route => [
    'GET',
    `${merchant}${path}`,
    (ask) => {
      parts.oauth.check(bearerOf(ask), ask.params['m']);
      return handle(shopOf(parts, ask), ask);
    },
  ];
  const { oauth } = parts;
  return [
    ['GET', '/oauth/v2/authorize', (ask) => oauth.authorize(ask)],
    ['POST', '/oauth/v2/token', (ask) => oauth.token(ask)],
    ['POST', '/oauth/v2/refresh', (ask) => oauth.refresh(ask)],
    at('', (shop, ask) => ok({ id: ask.params['m'], name: shop.name, defaultCurrency: shop.currency })),
    at('/properties', (shop) => ok({ defaultCurrency: shop.currency, timezone: shop.timeZone })),
    at('/tenders', (shop) => ok(elements(allTenders.map((each) => renderTender(each, shop.id, parts.rendering))))),
    at('/orders', (shop, ask) => orders(parts, shop, ask)),
    at('/orders/:id', (shop, ask) => order(parts, shop, ask)),
    at('/orders/:id/line_items', (shop, ask) => lineItems(parts, shop, ask)),
    at('/payments', (shop, ask) => payments(parts, shop, ask)),
    at('/payments/:id', (shop, ask) => one(paymentRowOf(parts, shop, ask), ask, paymentExpands)),
    at('/refunds', (shop, ask) => refunds(parts, shop, ask)),
    at('/refunds/:id', (shop, ask) => one(refundRows(parts, shop), ask, ['payment', 'lineItems'])),
    ...(parts.rendering.switches.creditsPath === 'credits'
      ? [at('/credits', (shop, ask) => credits(parts, shop, ask))]
      : []),
    at('/items', (shop, ask) => items(parts, shop, ask)),
    at('/items/:id', (shop, ask) => one(itemRows(parts, shop), ask, itemExpands)),
    at('/item_stocks/:id', (shop, ask) => itemStock(parts, shop, ask)),
  ];
}

function shopOf({ shops, rendering }: CloverParts, ask: Ask): VendorShop {
  const found = shops.find((shop) => rendering.ids.merchant(shop.id) === ask.params['m']);
  if (!found) throw new CloverRefusal(401, '401 Unauthorized');
  return found;
}

function one(rows: Iterable<ListedRow>, ask: Ask, expands: readonly string[]): Answer {
  const expand = readExpand(ask.query, expands);
  for (const row of rows) if (row.fields['id'] === ask.params['id']) return ok(row.render(expand));
  throw new CloverRefusal(404, 'Not Found');
}

/** What lists show: a new row stays out of them for a while. */
function* listed(parts: CloverParts, rows: Iterable<ListedRow>): Generator<ListedRow, void, undefined> {
  const until = parts.now() - (parts.trouble.listedAfterMs ?? 0);
  for (const row of rows) if (row.createdAt <= until) yield row;
}

function* salesOf(
  { rendering }: CloverParts,
  shop: VendorShop,
  window = allChanges,
): Generator<LedgerSale, void, undefined> {
  for (const sale of rendering.ledger.salesLog.between(window)) if (sale.shop.id === shop.id) yield sale;
}

function orders(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  const held = ['createdTime', 'deletedTime', 'state'];
  return listAnswer(ask, {
    rows: (window) => listed(parts, orderRows(parts, shop, window)),
    expands: orderExpands,
    filterFields: orderFields,
    heldTo: (filters) =>
      filters.some(({ field }) => held.includes(field)) ? lastNinetyDays('createdTime', parts.now)([]) : undefined,
    url: '',
  });
}

function* orderRows(parts: CloverParts, shop: VendorShop, window: ChangeWindow): Generator<ListedRow, void, undefined> {
  for (const sale of salesOf(parts, shop, window)) {
    yield {
      createdAt: sale.createdAt,
      fields: {
        id: sale.id,
        modifiedTime: sale.modifiedAt,
        createdTime: sale.createdAt,
        clientCreatedTime: sale.openedAt,
        state: sale.state === 'completed' ? 'locked' : 'open',
        total: sale.total,
        testMode: sale.testMode,
      },
      render: (expand) => renderOrder(sale, expand, parts.rendering),
    };
  }
}

function saleOf(parts: CloverParts, shop: VendorShop, ask: Ask): LedgerSale {
  const sale = parts.rendering.ledger.sales.get(ask.params['id'] ?? '');
  if (!sale || sale.shop.id !== shop.id) throw new CloverRefusal(404, 'Not Found');
  return sale;
}

function order(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  return ok(renderOrder(saleOf(parts, shop, ask), readExpand(ask.query, orderExpands), parts.rendering));
}

const lineExpands = ['discounts', 'modifications', 'taxRates'];

/** All lines of an order, by pages: the way out where an expanded list was cut at a hundred. */
function lineItems(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  const sale = saleOf(parts, shop, ask);
  const expand = new Set([...readExpand(ask.query, lineExpands)].map((each) => `lineItems.${each}`));
  const lines = renderLines(sale, expand, parts.rendering);
  const [limit, offset] = [Number(ask.query.get('limit') ?? 100), Number(ask.query.get('offset') ?? 0)];
  return ok({ elements: lines.slice(offset, offset + Math.min(limit, 1000)), href: ask.path });
}

function payments(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  return listAnswer(ask, {
    rows: (window) => listed(parts, paymentRows(parts, shop, window)),
    expands: paymentExpands,
    filterFields: paymentFields,
    heldTo: lastNinetyDays('modifiedTime', parts.now),
    url: '',
  });
}

function* paymentRows(
  parts: CloverParts,
  shop: VendorShop,
  window: ChangeWindow,
): Generator<ListedRow, void, undefined> {
  for (const { payment, sale } of parts.rendering.ledger.paymentsLog.between(window)) {
    if (sale.shop.id === shop.id) yield paymentRow(parts, payment, sale);
  }
}

const paymentRow = (parts: CloverParts, payment: LedgerPayment, sale: LedgerSale): ListedRow => ({
  createdAt: payment.createdAt,
  fields: {
    id: payment.id,
    modifiedTime: payment.modifiedAt,
    createdTime: payment.createdAt,
    clientCreatedTime: payment.paidAt,
    result: paymentResult(payment),
    offline: payment.offline,
    voided: payment.status === 'voided',
    'order.modifiedTime': sale.modifiedAt,
    amount: payment.amount,
  },
  render: (expand) => renderPayment(payment, sale, { expand, rendering: parts.rendering }),
});

function paymentRowOf(parts: CloverParts, shop: VendorShop, ask: Ask): readonly ListedRow[] {
  const found = parts.rendering.ledger.payments.get(ask.params['id'] ?? '');
  return found && found.sale.shop.id === shop.id ? [paymentRow(parts, found.payment, found.sale)] : [];
}

function refunds(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  return listAnswer(ask, {
    rows: () => listed(parts, refundRows(parts, shop)),
    expands: ['payment', 'lineItems'],
    filterFields: refundFields,
    heldTo: lastNinetyDays('createdTime', parts.now),
    url: '',
  });
}

function* refundRows(parts: CloverParts, shop: VendorShop, credits = false): Generator<ListedRow, void, undefined> {
  const { rendering } = parts;
  for (const back of rendering.ledger.returns.values()) {
    if (back.shop.id !== shop.id || (back.sale === undefined) !== credits) continue;
    for (const refund of back.refunds) {
      const { id, amount, createdAt, modifiedAt, refundedAt } = refund;
      yield {
        createdAt,
        fields: { id, amount, createdTime: createdAt, clientCreatedTime: refundedAt, modifiedTime: modifiedAt },
        render: () => (credits ? renderCredit : renderRefund)(refund, back, rendering),
      };
    }
  }
}

function credits(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  return listAnswer(ask, {
    rows: () => listed(parts, refundRows(parts, shop, true)),
    expands: ['tender'],
    filterFields: refundFields,
    heldTo: lastNinetyDays('createdTime', parts.now),
    url: '',
  });
}

const itemExpands = ['itemStock', 'categories', 'tags', 'taxRates', 'modifierGroups'];

function items(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  const wantsDeleted = ask.query.getAll('filter').some((each) => each.startsWith('deleted'));
  const rows = [...itemRows(parts, shop)].filter((row) => wantsDeleted || row.fields['deleted'] === false);
  return listAnswer(ask, { rows: () => rows, expands: itemExpands, filterFields: itemFields, url: '' });
}

function* itemRows(parts: CloverParts, shop: VendorShop): Generator<ListedRow, void, undefined> {
  for (const item of parts.rendering.items(shop.id).items.values()) {
    const id = parts.rendering.ids.item(shop.id, item.key);
    yield {
      createdAt: item.createdAt,
      fields: {
        id,
        modifiedTime: item.modifiedAt,
        deleted: item.deleted,
        sku: item.product.sku,
        name: item.product.name,
      },
      render: (expand) =>
        renderItem(item, { id, stock: expand.has('itemStock') ? stock(parts, shop, item) : undefined }),
    };
  }
}

function renderItem({ product, modifiedAt, deleted }: Item, given: { id: string; stock: unknown }) {
  return {
    id: given.id,
    hidden: false,
    available: !deleted,
    name: product.name,
    sku: product.sku,
    code: `00${product.sku}`,
    price: product.priceCents,
    priceType: product.unit === 'kg' ? 'PER_UNIT' : 'FIXED',
    ...(product.unit === 'kg' ? { unitName: 'kg' } : {}),
    isRevenue: true,
    modifiedTime: modifiedAt,
    deleted,
    ...(given.stock === undefined ? {} : { itemStock: given.stock }),
  };
}

/** What it has sold, below nothing: this simulator receives no deliveries. */
function stock(parts: CloverParts, shop: VendorShop, item: Item) {
  let sold = 0;
  for (const sale of salesOf(parts, shop)) {
    if (sale.state !== 'completed' || sale.testMode) continue;
    for (const line of sale.lines) if (line.sku === item.key && !line.voided) sold += line.quantity - line.returned;
  }
  const quantity = -sold / 1000;
  const id = parts.rendering.ids.item(shop.id, item.key);
  return { item: ref(id), stockCount: Math.trunc(quantity), quantity, modifiedTime: item.modifiedAt };
}

function itemStock(parts: CloverParts, shop: VendorShop, ask: Ask): Answer {
  for (const item of parts.rendering.items(shop.id).items.values()) {
    if (parts.rendering.ids.item(shop.id, item.key) === ask.params['id']) return ok(stock(parts, shop, item));
  }
  throw new CloverRefusal(404, 'Not Found');
}
