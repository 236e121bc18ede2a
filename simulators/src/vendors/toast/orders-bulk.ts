// GET /orders/v2/ordersBulk: a window on modifiedDate or one business date, page by page; nothing but the missing `next`
// tells the end.

import { allChanges, type ChangeWindow } from '../change-log.ts';
import type { Answer, Ask } from '../http-door.ts';
import type { LedgerSale } from '../ledger-rows.ts';
import { ToastRefusal } from './refusals.ts';
import { dayNumber, readStamp } from './rendering.ts';
import type { ToastSwitches } from './switches.ts';

const pageSizeMax = 100;
const intervalMaxMs = 31 * 86_400_000;

export interface BulkOrders {
  /** All that were changed in the window; more does no harm. */
  readonly sales: (window: ChangeWindow) => Iterable<LedgerSale>;
  readonly switches: ToastSwitches;
  readonly url: string;
  readonly render: (sale: LedgerSale) => Record<string, unknown>;
}

export function ordersBulk(ask: Ask, orders: BulkOrders): Answer {
  const wanted = readWindow(ask.query);
  const pageSize = wholeNumber(ask, 'pageSize', orders.switches.defaultPageSize);
  const page = wholeNumber(ask, 'page', 1);
  if (pageSize > pageSizeMax) throw new ToastRefusal(400, `pageSize must be at most ${pageSizeMax}`);
  const found = [...orders.sales(wanted.window)].filter(wanted.fits).sort(sorts[orders.switches.ordersSort]);
  const from = (page - 1) * pageSize;
  if (from > 0 && from >= found.length && orders.switches.pageBeyondEnd === 'refused') {
    throw new ToastRefusal(400, `There is no page ${page}`);
  }
  const hasNext = from + pageSize < found.length;
  return {
    status: 200,
    headers: { link: linkHeader(ask, orders.url, { page, hasNext }) },
    body: found.slice(from, from + pageSize).map(orders.render),
  };
}

const byModified = (a: LedgerSale, b: LedgerSale) => a.modifiedAt - b.modifiedAt || (a.id < b.id ? -1 : 1);

const sorts: Readonly<Record<ToastSwitches['ordersSort'], (a: LedgerSale, b: LedgerSale) => number>> = {
  'modified-ascending': byModified,
  'modified-descending': (a, b) => -byModified(a, b),
  'by-guid': (a, b) => (a.id < b.id ? -1 : 1),
};

function readWindow(query: URLSearchParams): { window: ChangeWindow; fits: (sale: LedgerSale) => boolean } {
  const [start, end, day] = [query.get('startDate'), query.get('endDate'), query.get('businessDate')];
  if (day !== null ? start !== null || end !== null : start === null || end === null) {
    throw new ToastRefusal(400, 'EITHER (startDate and endDate) OR businessDate is required');
  }
  if (day !== null) {
    if (!/^\d{8}$/.test(day)) throw new ToastRefusal(400, 'businessDate must be yyyymmdd');
    return { window: allChanges, fits: (sale) => dayNumber(sale.openedAt, sale.shop) === Number(day) };
  }
  const [from, to] = [readStamp(start ?? ''), readStamp(end ?? '')];
  if (from === undefined || to === undefined)
    throw new ToastRefusal(400, 'Dates are written 2024-04-01T15:09:30.223+0000');
  if (to - from > intervalMaxMs) throw new ToastRefusal(400, 'The interval must be at most one month');
  return { window: { from, until: to }, fits: (sale) => sale.modifiedAt >= from && sale.modifiedAt < to };
}

function wholeNumber(ask: Ask, name: string, otherwise: number): number {
  const value = Number(ask.query.get(name) ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new ToastRefusal(400, `${name} must be a whole number from 1`);
  return value;
}

function linkHeader(ask: Ask, url: string, { page, hasNext }: { page: number; hasNext: boolean }): string {
  const link = (rel: string, to: number) => {
    const query = new URLSearchParams(ask.query);
    query.set('page', String(to));
    return `<${url}${ask.path}?${query}>; rel="${rel}"`;
  };
  return [
    link('first', 1),
    link('self', page),
    ...(page > 1 ? [link('prev', page - 1)] : []),
    ...(hasNext ? [link('next', page + 1)] : []),
  ].join(', ');
}
