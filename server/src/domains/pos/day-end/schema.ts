// The wire shapes of days that were compared with the vendor.
import { z } from 'zod';
import { listQuery } from '../../../platform/http-lists.ts';

const businessDate = z.iso.date();
const figure = z.string().describe('A plain decimal');

const totals = z.object({
  count: z.int(),
  total: figure,
  tenders: z.array(z.object({ method: z.string(), count: z.int(), total: figure })).describe('Tips included'),
});

export const dayQuery = z.strictObject({
  ...listQuery.shape,
  differing: z.enum(['true', 'false']).exactOptional().describe('Only days that differ or lack receipts'),
});

export const dayToProve = z.strictObject({ businessDate });

export const dayView = z.object({
  businessDate,
  state: z
    .enum(['equal', 'healed', 'different', 'unproven'])
    .describe(
      '`healed`: the look back found sales that the feed had missed, and booked them; `unproven`: of a till without a ' +
        'vendor, whose receipts were looked through',
    ),
  vendor: totals.nullable(),
  booked: totals,
  differences: z.array(
    z.object({
      kind: z.enum(['sale', 'refund']),
      externalId: z.string(),
      problem: z
        .enum(['missing', 'unknown', 'differs'])
        .describe('`missing` in the books, `unknown` to the vendor, or both have it and it differs'),
      vendor: figure.nullable(),
      booked: figure.nullable(),
    }),
  ),
  receiptGaps: z
    .array(z.object({ from: z.int(), to: z.int(), registerId: z.string().nullable() }))
    .describe('Holes in the numbers of receipts: sales that nobody sent'),
  repaired: z.int(),
  checkedAt: z.iso.datetime(),
});
