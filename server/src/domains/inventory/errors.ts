// What inventory refuses, each with a stable code. Only these reach a client; anything else is a fault of ours.
import { defineError } from '../../platform/errors.ts';

export const unknownProduct = defineError('inventory.unknown_product', {
  status: 404,
  title: 'There is no such product',
  advice:
    "List the brand's products with GET /v1/products and use an id from there; products of another brand are not found.",
});

export const amountOutOfRange = defineError('inventory.amount_out_of_range', {
  status: 422,
  title: 'The stock would leave the range that can be kept exactly',
  advice:
    'A stock has at most 11 digits before the point and 4 after it, and is never rounded to fit. Check the quantity and ' +
    'its unit; if the stock is wrong, book a count with the figure on the shelf.',
});
