// Adds a product to a brand's catalogue. Shops get an item of it when they first sell, receive or count it.
import { v7 as uuidv7 } from 'uuid';
import { type Caller, requirePermission, resolveFranchise } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import { type Decimal, plain } from '../../../platform/decimal.ts';
import { skuTaken } from '../errors.ts';
import { insertProduct, type Product } from './queries.ts';

export interface NewProduct {
  /** Left out: the only brand in which the caller may do this. */
  readonly franchiseId?: string;
  /** Unique within the brand, compared exactly. */
  readonly sku: string;
  readonly name: string;
  /** What a quantity of 1 means, e.g. `piece` or `kg`. */
  readonly unit: string;
  readonly price?: Decimal | null;
  readonly costPrice?: Decimal | null;
  /** ISO 4217; the brand's where it is left out. */
  readonly currency?: string;
}

/** Throws `inventory.sku_taken`, `identity.forbidden`, or what resolveFranchise throws. */
export async function addProduct(db: Database, caller: Caller, input: NewProduct): Promise<Product> {
  const franchiseId = resolveFranchise(caller, 'catalog.manage', input.franchiseId);
  requirePermission(caller, 'catalog.manage', { franchiseId, franchiseeId: null, locationId: null });
  const { sku, name, unit, price = null, costPrice = null, currency = null } = input;
  const product = await db.transaction(caller, (tx) =>
    insertProduct(tx, {
      id: uuidv7(),
      franchiseId,
      sku,
      name,
      unit,
      price: price && plain(price),
      costPrice: costPrice && plain(costPrice),
      currency,
    }),
  );
  if (product === undefined) throw skuTaken(`The brand has a product with the SKU "${sku}" already.`);
  return product;
}
