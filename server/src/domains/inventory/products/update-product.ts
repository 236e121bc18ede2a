// Edits a product of the brand's catalogue. What was sold keeps the name and price that it was sold under.
import { type Caller, requirePermission } from '../../../identity/index.ts';
import { type Decimal, plain, toJsonNumber } from '../../../platform/decimal.ts';
import { sqlState } from '../../../platform/postgres-errors.ts';
import type { Editable } from '../../../platform/versioned-update.ts';
import { skuTaken, unknownProduct } from '../errors.ts';
import { type ProductChanges, productChanges } from '../schema.ts';
import { viewProduct } from '../views.ts';
import { findProduct, type Product, updateProduct } from './queries.ts';

/** Refuses with `inventory.unknown_product`, `inventory.sku_taken` and `identity.forbidden`. */
export const productEdit: Editable<'products', Caller, Product, ProductChanges> = {
  kind: 'products',
  changes: productChanges,
  async load(tx, caller, id) {
    const product = await findProduct(tx, id);
    if (product === undefined) throw unknownProduct(`There is no product ${id}.`);
    requirePermission(caller, 'catalog.manage', ownerOf(product));
    return product;
  },
  async write(tx, { row, changes }) {
    const { price, costPrice, ...plainly } = changes;
    const figures = {
      price: price === undefined ? row.price : textOf(price),
      costPrice: costPrice === undefined ? row.costPrice : textOf(costPrice),
    };
    try {
      return await updateProduct(tx, { ...row, ...plainly, ...figures });
    } catch (error) {
      if (sqlState(error) !== uniqueViolation) throw error;
      throw skuTaken(`The brand has another product with the SKU "${changes.sku}".`, { cause: error });
    }
  },
  owner: ownerOf,
  view: viewProduct,
  show({ price, costPrice, ...plainly }) {
    return {
      ...plainly,
      ...(price === undefined ? {} : { price: price && toJsonNumber(price) }),
      ...(costPrice === undefined ? {} : { costPrice: costPrice && toJsonNumber(costPrice) }),
    };
  },
};

const uniqueViolation = '23505';

const textOf = (figure: Decimal | null): string | null => figure && plain(figure);

function ownerOf({ franchiseId }: Product) {
  return { franchiseId, franchiseeId: null, locationId: null };
}
