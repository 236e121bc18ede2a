// The lines of one sale in a CSV file as a sale in the wire shape of the sales route. Figures stay the texts that they
// are, so that what the route says of them is said of what stands in the file. Pure.
import {
  add,
  type Decimal,
  money,
  multiply,
  parseDecimal,
  plain,
  quantity,
  roundTo,
  unitCost,
  zero,
} from '../platform/decimal.ts';
import { AppError } from '../platform/errors.ts';
import type { CsvColumns, LineColumn, SaleColumn } from './csv-columns.ts';
import { isLocalTime, localInstant } from './local-instant.ts';

export interface ShopTerms {
  readonly currency: string;
  readonly timeZone: string;
}

interface RowOfSale {
  readonly fields: readonly string[];
  readonly line: { readonly number: number };
}

export type WireSale = { readonly sale: object } | { readonly problem: string };

/** @param rows at least one; all of one external id. */
export function wireSale(rows: readonly RowOfSale[], columns: CsvColumns, shop: ShopTerms): WireSale {
  const facts = new Map<string, string>();
  for (const [name, place] of [...Object.entries(columns.sale), ...columns.metadata]) {
    for (const { fields, line } of rows) {
      const text = fields[place] ?? '';
      const before = facts.get(name);
      // Empty where it only would repeat the first line; a contradiction means that these are no lines of one sale.
      if (before !== undefined && text !== '' && text !== before) {
        return { problem: `Line ${line.number} has another ${name} than the lines of the sale before it.` };
      }
      if (text !== '') facts.set(name, text);
    }
  }
  const fact = (name: SaleColumn) => facts.get(name);
  const lines = rows.map(({ fields }) => wireLine((name) => fields[columns.line[name] ?? -1] || undefined));
  const metadata = Object.fromEntries([...columns.metadata.keys()].flatMap((key) => entryOf(key, facts.get(key))));
  return {
    sale: {
      externalId: fact('externalId'),
      ...optional('version', wholeNumber(fact('version'))),
      ...optional('status', fact('status')),
      occurredAt: wireTime(fact('occurredAt') ?? '', shop.timeZone),
      total: fact('total') ?? plain(totalOf(lines)),
      currency: fact('currency') ?? shop.currency,
      ...optional('paymentMethod', fact('paymentMethod')),
      ...(columns.metadata.size === 0 ? {} : { metadata }),
      lines,
    },
  };
}

interface WireLine {
  readonly quantity: string;
  readonly unitPrice: string;
  readonly total: string;
}

function wireLine(field: (name: LineColumn) => string | undefined): WireLine {
  const [sold = '', unitPrice = ''] = [field('quantity'), field('unitPrice')];
  return {
    ...optional('sku', field('sku')),
    ...optional('externalProductId', field('externalProductId')),
    ...optional('name', field('name')),
    quantity: sold,
    unitPrice,
    total: field('lineTotal') ?? productOf(sold, unitPrice),
  };
}

/** Quantity times price as tills round it. Where one of them is no figure the route refuses that one, whatever stands here. */
function productOf(sold: string, unitPrice: string): string {
  const [a, b] = [parseDecimal(quantity, sold), parseDecimal(unitCost, unitPrice)];
  if (!a.ok || !b.ok) return '0';
  const exact = multiply(a.value, b.value);
  try {
    return plain(roundTo(money, exact));
  } catch (error) {
    // Too large to be kept: the route says so of the figure itself.
    if (error instanceof AppError) return plain(exact);
    throw error;
  }
}

function totalOf(lines: readonly WireLine[]): Decimal {
  return lines.reduce((sum, line) => {
    const total = parseDecimal(money, line.total);
    return total.ok ? add(sum, total.value) : sum;
  }, zero);
}

/** A time without an offset is the shop's own clock's; anything else is for the route to read. */
function wireTime(text: string, timeZone: string): string {
  if (!isLocalTime(text)) return text.replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T');
  return localInstant(text, timeZone)?.toISOString() ?? text;
}

function wholeNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return Object.fromEntries(entryOf(name, value)) as Partial<Record<Name, Value>>;
}

function entryOf<Value>(name: string, value: Value | undefined): [string, Value][] {
  return value === undefined ? [] : [[name, value]];
}
