// What a till's own server must answer where it is asked: the schemas of the pull contract. The published document
// (render-contract.ts) and the certification (certify-till.ts) are made from these, so neither can say something else.
import { z } from 'zod';

const id = z.string().min(1).max(200);
/** Amounts of at most two digits after the point, quantities of four; as texts for clients whose numbers are floats. */
const figure = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?(?:0|[1-9]\d{0,12})(?:\.\d{1,6})?$/)
    .describe('The same as a decimal text'),
]);
const instant = z.iso.datetime({ offset: true });
const prose = z.string().max(200);
const version = z.int().min(1).describe('Counts up with each change; the same version never has other content');
const businessDate = z.iso.date().describe("The shop's day that it counts for");
const currency = z.string().regex(/^[A-Z]{3}$/);
const method = z.enum(['card', 'cash', 'gift_card', 'wallet', 'house_account', 'other']);

const part = z.looseObject({ name: prose.nullable().exactOptional(), amount: figure });

const line = z.looseObject({
  externalId: id.exactOptional(),
  sku: z.string().min(1).max(100).nullable().exactOptional(),
  itemExternalId: id.nullable().exactOptional().describe('Of an item of the feed of items; where there is no SKU'),
  name: prose,
  quantity: figure.describe('Above 0'),
  unitPrice: figure.exactOptional().describe('With its modifiers, before discounts'),
  discount: figure.exactOptional(),
  tax: figure.exactOptional(),
  total: figure.describe('After its own discount, without taxes that come on top'),
  modifiers: z
    .array(z.looseObject({ name: prose, quantity: figure.exactOptional(), price: figure.exactOptional() }))
    .max(50)
    .exactOptional(),
});

const payment = z.looseObject({
  externalId: id.exactOptional(),
  method,
  amount: figure.describe('Without the tip'),
  tip: figure.exactOptional(),
});

export const transactionSchema = z
  .looseObject({
    externalId: id.describe('Made by the till itself, before anything is sent: sent again it is the same'),
    version,
    storeId: id,
    registerId: prose.nullable().exactOptional(),
    receiptNumber: z.union([prose, z.number()]).nullable().exactOptional(),
    status: z.enum(['open', 'completed', 'voided']),
    test: z.boolean().exactOptional().describe('Made for training: left out of all books'),
    openedAt: instant.describe("By the till's own clock"),
    closedAt: instant.nullable().exactOptional(),
    recordedAt: instant.describe('When the server heard of it; later where the till was without a network'),
    businessDate: businessDate.nullable().exactOptional(),
    currency,
    lines: z.array(line).max(500).describe('Of a completed transaction at least one; voided lines are left out'),
    discounts: z.array(part).max(50).exactOptional().describe('On the whole, in no total of a line'),
    taxes: z.array(part).max(50).exactOptional(),
    serviceCharges: z.array(part).max(50).exactOptional(),
    tips: figure.exactOptional(),
    payments: z.array(payment).max(50),
    totals: z.looseObject({
      total: figure.describe(
        'Σ lines.total − Σ discounts + Σ taxes + Σ serviceCharges + tips, and Σ payments with tips',
      ),
    }),
  })
  .describe('A sale in its newest state. Refunds change it not: they have a feed of their own');

export const refundSchema = z
  .looseObject({
    externalId: id,
    version,
    storeId: id,
    transactionExternalId: id.nullable().exactOptional().describe('Left out where nobody knows what was sold'),
    paymentExternalId: id.nullable().exactOptional(),
    status: z.enum(['pending', 'completed', 'failed']),
    method,
    amount: figure.describe('What goes back, with the tip; a positive figure'),
    tip: figure.exactOptional(),
    currency,
    refundedAt: instant,
    recordedAt: instant,
    businessDate: businessDate.nullable().exactOptional(),
    reason: prose.nullable().exactOptional(),
    lines: z.array(line).max(500).exactOptional().describe('Goods that were taken back, each named by one refund only'),
  })
  .describe('Money that went back to one payment');

export const itemSchema = z
  .looseObject({
    externalId: id,
    version: z.int().exactOptional(),
    storeId: id.exactOptional(),
    sku: z.string().min(1).max(100).nullable().exactOptional(),
    name: prose.nullable(),
    deleted: z.boolean().exactOptional().describe('A tombstone: it stays in the feed'),
  })
  .describe('What can be sold, for its SKU');

export const storeSchema = z.looseObject({
  storeId: id,
  name: prose,
  timeZone: z.string().describe('IANA, such as America/New_York'),
  currency,
});

/** A page of a feed. Its `next` is kept also when nothing is new. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.looseObject({
    items: z.array(item).max(500),
    next: z.string().min(1).max(2_000).nullable().describe('Opaque; the `after` of the next page'),
    hasMore: z.boolean(),
  });
}

export const messageSchema = z.looseObject({
  events: z
    .array(
      z.looseObject({
        id,
        type: z.string().describe('transaction.… | refund.… | item.…'),
        storeId: id,
        occurredAt: instant,
        entity: z.looseObject({ externalId: id }).describe('Whole, or its externalId alone: it is read from the feed'),
      }),
    )
    .min(1)
    .max(1_000),
});
