// What inventory refuses, each with a stable code. Only these reach a client; anything else is a fault of ours.
import { defineError } from '../../platform/errors.ts';

export const unknownProduct = defineError('inventory.unknown_product', {
  status: 404,
  title: 'There is no such product',
  advice:
    "List the brand's products with GET /v1/products and use an id from there; products of another brand are not found.",
});

export const unknownItem = defineError('inventory.unknown_item', {
  status: 404,
  title: 'The shop has never had this product',
  advice:
    "An item appears with the shop's first sale, delivery or count of a product, or by POST /v1/inventory-items; " +
    'GET /v1/locations/{id}/stock lists those that there are.',
});

export const skuTaken = defineError('inventory.sku_taken', {
  status: 409,
  title: 'Another product of the brand has this SKU',
  advice: 'Give each product a SKU of its own, or use the product that has it: GET /v1/products lists them by SKU.',
});

export const itemExists = defineError('inventory.item_exists', {
  status: 409,
  title: 'The shop has an item of this product already',
  advice: 'Use the item that is there; a sale, a delivery or a count makes one by itself.',
});

export const levelsContradict = defineError('inventory.levels_contradict', {
  status: 422,
  title: 'The levels of the item contradict each other',
  advice:
    'reorderLevel must be below rearmLevel, and rearmLevel at most maxStockLevel; rearmLevel may be left out. With any ' +
    'other order an alert would never be raised, or never end.',
});

export const quantityContradictsType = defineError('inventory.quantity_contradicts_type', {
  status: 422,
  title: "The quantity's sign does not fit the type of adjustment",
  advice:
    'quantity is what the adjustment adds to the stock: above 0 for `in`, below 0 for `out` and `waste`, either for ' +
    '`adjustment`. For `count` it is the counted figure, 0 or more.',
});

export const countTimeInvalid = defineError('inventory.count_time_invalid', {
  status: 422,
  title: 'The time of the count is missing, out of place or in the future',
  advice:
    'Send countedAt with `count` and with no other type: the instant at which the figure was read off the shelf, at ' +
    'most 5 minutes ahead of the server. What happened after it is added by us.',
});

export const countSuperseded = defineError('inventory.count_superseded', {
  status: 409,
  title: 'A later count of the item is booked already',
  advice: 'Nothing needs to be done: the later count has set the stock. Correct it by counting again.',
});

export const amountOutOfRange = defineError('inventory.amount_out_of_range', {
  status: 422,
  title: 'The stock would leave the range that can be kept exactly',
  advice:
    'A stock has at most 11 digits before the point and 4 after it, and is never rounded to fit. Check the quantity and ' +
    'its unit; if the stock is wrong, book a count with the figure on the shelf.',
});
