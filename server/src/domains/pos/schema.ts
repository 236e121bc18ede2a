// The wire shapes of the slice. The sales route documents its body here, but reads each sale by itself (parse-sale.ts):
// one wrong sale must not refuse the request.
import { z } from 'zod';
import { listQuery } from '../../platform/http-lists.ts';
import { partsMax } from './parse-breakdown.ts';
import { linesMax } from './parse-sale.ts';
import { salesMax } from './receive-sales.ts';
import { saleKinds, saleStatuses } from './sale.ts';

const id = z.uuid().toLowerCase();
const instant = z.iso.datetime();
const currency = z.string().describe('ISO 4217');

export const idParams = z.strictObject({ id });

// ---- Sending sales

const figure = z.union([z.number(), z.string()]).describe('Exact: at most 15 digits, as a number or a decimal text');

const part = z.strictObject({ name: z.string().max(200).nullable().exactOptional(), amount: figure });
const parts = z
  .array(part.extend({ rate: figure.nullable().exactOptional() }))
  .max(partsMax)
  .nullable();

/** What the total holds besides the lines, and how it was paid; all optional. */
const breakdownFields = {
  discount: figure
    .nullable()
    .exactOptional()
    .describe('Off the whole sale, not in a total of a line; counts downwards'),
  serviceCharge: figure.nullable().exactOptional(),
  tax: figure.nullable().exactOptional().describe('On top of the lines; a tax within prices only stands in taxes'),
  tip: figure.nullable().exactOptional(),
  adjustment: figure
    .nullable()
    .exactOptional()
    .describe('What else the total holds: roundings, or money given back without goods'),
  tenders: z
    .array(
      z.strictObject({
        externalId: z.string().min(1).max(200).nullable().exactOptional(),
        method: z.string().min(1).max(50),
        amount: figure.describe('Without the tip'),
        tip: figure.nullable().exactOptional(),
      }),
    )
    .max(partsMax)
    .nullable()
    .exactOptional(),
  discounts: parts.exactOptional().describe('For reading, as are serviceCharges and taxes: they count in no sum'),
  serviceCharges: parts.exactOptional(),
  taxes: parts.exactOptional(),
  flags: z.array(z.string().max(40)).max(partsMax).nullable().exactOptional(),
};

export const newSale = z.strictObject({
  kind: z
    .enum(saleKinds)
    .nullable()
    .exactOptional()
    .describe('A refund of its own day: every figure negative, its lines are goods taken back; sale if left out'),
  refundOf: z.string().min(1).max(200).nullable().exactOptional().describe('Of a refund: the externalId of its sale'),
  businessDate: z.iso.date().nullable().exactOptional().describe("The till's own; computed if left out"),
  ...breakdownFields,
  externalId: z
    .string()
    .min(1)
    .max(200)
    .describe("The till's own id of the sale: with its system, the sale's identity"),
  version: z.int().min(1).exactOptional().describe('A higher version replaces the whole sale; 1 if left out'),
  status: z.enum(saleStatuses).exactOptional().describe('A refund or void is a later version with what is left'),
  occurredAt: z.iso
    .datetime({ offset: true })
    .describe('At most one hour ahead, from the year 2000 on; kept to the ms'),
  total: figure,
  currency: currency.describe("ISO 4217: the shop's own"),
  paymentMethod: z.string().max(50).nullable().exactOptional(),
  metadata: z
    .record(z.string(), z.unknown())
    .exactOptional()
    .describe(
      'Kept are the keys channel, deviceId, employeeId, guestCount, orderNumber, orderType, receiptNumber, registerId, ' +
        'shiftId, tableNumber and terminalId with scalars of up to 200 characters; others, and card numbers, are left out',
    ),
  lines: z
    .array(
      z.strictObject({
        sku: z.string().min(1).max(100).nullable().exactOptional(),
        externalProductId: z.string().min(1).max(200).nullable().exactOptional(),
        name: z.string().max(200).nullable().exactOptional(),
        quantity: figure.describe('Above 0; of refunded and voided sales the net quantity left, at least 0'),
        unitPrice: figure,
        total: figure,
        modifiers: z
          .array(
            z.union([
              z.string(),
              z.strictObject({ name: z.string(), quantity: figure.exactOptional(), price: figure.exactOptional() }),
            ]),
          )
          .max(50)
          .exactOptional(),
      }),
    )
    .max(linesMax)
    .describe('1 to 500, each with a sku or an externalProductId; a refunded or voided sale may have none left'),
});

export const newSales = z.strictObject({ transactions: z.array(newSale).min(1).max(salesMax) });

export const saleResult = z.object({
  externalId: z.string().nullable(),
  version: z.int().nullable(),
  status: z.enum(['created', 'updated', 'duplicate', 'rejected']),
  transactionId: id.exactOptional(),
  code: z.string().exactOptional().describe('Why it was rejected: one of pos.*'),
  detail: z.string().exactOptional(),
});

export const saleResults = z.object({ results: z.array(saleResult).describe('One a sale, in their order') });

// ---- Reading

const exact = z.number();

export const transactionView = z.object({
  id,
  externalId: z.string(),
  posSystemId: id,
  locationId: id,
  franchiseId: id,
  franchiseeId: id.nullable(),
  kind: z.enum(saleKinds),
  refundOf: z.string().nullable().describe('Of a refund: the externalId of its sale'),
  version: z.int(),
  status: z.enum(saleStatuses),
  currency,
  totalAmount: exact,
  discrepancy: exact.describe('The total less its lines and the other parts of it'),
  paymentMethod: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  breakdown: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe(
      'discount, serviceCharge, tax, tip, adjustment, tenders, unpaid and their lists; null where the till says none',
    ),
  occurredAt: instant,
  businessDate: z.iso.date(),
  createdAt: instant,
  updatedAt: instant,
  lines: z.array(
    z.object({
      productId: id.nullable().describe('Null while nobody has mapped the product'),
      sku: z.string().nullable(),
      externalProductId: z.string().nullable(),
      name: z.string().nullable(),
      quantity: exact,
      unitPrice: exact,
      totalPrice: exact,
      modifiers: z.array(z.unknown()),
    }),
  ),
});

const time = z.iso.datetime({ offset: true });

export const transactionQuery = listQuery.extend({
  from: time.exactOptional().describe('Included'),
  to: time.exactOptional().describe('Not included'),
});

export const syncErrorQuery = listQuery.extend({
  state: z.enum(['open', 'resolved']).exactOptional(),
  locationId: id.exactOptional(),
  posSystemId: id.exactOptional(),
  code: z.string().max(100).exactOptional(),
});

export const syncErrorView = z.object({
  id,
  locationId: id,
  posSystemId: id,
  externalId: z.string().nullable(),
  code: z.string(),
  detail: z.string(),
  rawBody: z
    .string()
    .nullable()
    .describe('The element exactly as it came, but for digits of card numbers; null 30 days after it was booked'),
  rawBodyEncoding: z.enum(['utf8', 'base64']).describe('base64 where the bytes are not valid UTF-8'),
  occurrences: z.int(),
  state: z.enum(['open', 'resolved']),
  createdAt: instant,
  lastSeenAt: instant,
  resolvedAt: instant.nullable(),
  resolvedBy: z
    .string()
    .nullable()
    .describe('The user or key that replayed it; `system:…` where its sale was booked without'),
  transactionId: id.nullable().describe('The sale that it became'),
});

export const unmappedView = z.object({
  externalProductId: z.string(),
  name: z.string().nullable(),
  lines: z.int().describe('Sale lines whose stock waits for the mapping'),
  quantity: exact,
  firstSoldAt: instant,
  lastSoldAt: instant,
});
