// The wire shapes of mappings.
import { z } from 'zod';

const id = z.uuid().toLowerCase();
const instant = z.iso.datetime();

/** As long as parse-sale.ts takes the ids of lines. */
const externalProductId = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed() && text.trim() !== '', 'must be a text that can be stored')
  .describe("The till's own id of the product, as GET /v1/pos-systems/{id}/unmapped names it");

export const mappingParams = z.strictObject({ id, externalProductId });

export const mappingTarget = z.strictObject({ productId: id.describe("A product of the shop's brand") });

export const mappingView = z.object({
  externalProductId: z.string(),
  productId: id,
  productSku: z.string(),
  productName: z.string(),
  mappedBy: z.string().nullable().describe('The user or key that said so, as in the ledger'),
  createdAt: instant,
  updatedAt: instant,
});

export const mappedView = mappingView.extend({
  linesBooked: z.int().describe('Waiting lines whose stock this request has moved'),
  linesWaiting: z
    .int()
    .describe(
      'Lines of this product that still wait: a long queue is booked on in the background, or by the same request',
    ),
});
