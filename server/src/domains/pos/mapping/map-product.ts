// Says which product of the brand a till's own name for one means, and books the lines that waited to know.
//
// A mapping speaks of what is booked from then on: of lines that wait, and of sales and versions that come later. Lines
// that are booked keep the product that they were booked with, until a later version of their sale is booked anew.
import { type Caller, requirePermission } from '../../../identity/index.ts';
import type { Tx } from '../../../platform/database.ts';
import { findProductsById, unknownProduct } from '../../inventory/index.ts';
import { noSuchMapping, noSuchSystem } from '../errors.ts';
import { findSystemFacts, type SystemFacts } from '../systems/queries.ts';
import { type BookingParts, bookName, chunkLinesDefault } from './book-name.ts';
import {
  countWaiting,
  deleteMapping,
  findMapping,
  type MappingRow,
  upsertMapping,
  type WaitingName,
} from './queries.ts';

export interface MappingParts extends BookingParts {
  /** Has the lines that still wait under this name booked in the background. A hint: they are found without it. */
  readonly bookLater: (name: WaitingName) => void;
  /** Lines that a request books itself, at most. */
  readonly requestLinesMax?: number;
  readonly chunkLines?: number;
}

export interface MappingRequest {
  readonly posSystemId: string;
  /** The till's name for the product: its externalProductId, or the SKU of a line that has none. */
  readonly externalProductId: string;
}

export interface MappedProduct extends MappingRow {
  readonly linesBooked: number;
  /** Lines of this product that still wait: a long queue is booked on in the background. */
  readonly linesWaiting: number;
}

const requestLinesDefault = 1_000;

/**
 * Makes or changes the mapping and books the first of the waiting lines. The mapping is durable before a line is booked:
 * where that fails, the rest is booked in the background or by the same request again. Throws `pos.system_not_found`,
 * `identity.forbidden`, or `inventory.unknown_product` for a product that is not the shop's brand's.
 */
export async function mapProduct(
  parts: MappingParts,
  caller: Caller,
  { productId, ...request }: MappingRequest & { readonly productId: string },
): Promise<MappedProduct> {
  const { db, clock, requestLinesMax = requestLinesDefault, chunkLines = chunkLinesDefault } = parts;
  const reference = await db.transaction(caller, async (tx) => {
    const { franchiseId, franchiseeId, locationId } = await findManaged(tx, caller, request);
    const [product] = await findProductsById(tx, [productId]);
    // Who belongs to two brands sees the products of both.
    if (product?.franchiseId !== franchiseId) throw unknownProduct(`There is no product ${productId} in this brand.`);
    const place = { ...request, locationId, franchiseId, sku: null };
    await upsertMapping(tx, { ...place, franchiseeId, productId, mappedBy: caller.id, at: clock.now() });
    return place;
  });
  const { booked } = await bookName(parts, reference, { chunkLines, linesMax: requestLinesMax });
  const found = await db.transaction(caller, async (tx) => ({
    mapping: await findMapping(tx, reference),
    linesWaiting: await countWaiting(tx, reference),
  }));
  if (found.linesWaiting > 0) parts.bookLater(reference);
  if (found.mapping === null) throw noSuchMapping('The mapping was taken away while its lines were booked.');
  return { ...found.mapping, linesBooked: booked, linesWaiting: found.linesWaiting };
}

/**
 * Takes the mapping away: what the till sells under this name from then on waits again. Booked lines stay booked.
 * Throws `pos.system_not_found`, `identity.forbidden` or `pos.mapping_not_found`.
 */
export async function unmapProduct({ db }: MappingParts, caller: Caller, request: MappingRequest): Promise<void> {
  await db.transaction(caller, async (tx) => {
    const { locationId } = await findManaged(tx, caller, request);
    if (await deleteMapping(tx, { ...request, locationId })) return;
    throw noSuchMapping(`The POS system has no mapping for "${request.externalProductId}".`);
  });
}

async function findManaged(tx: Tx, caller: Caller, { posSystemId }: MappingRequest): Promise<SystemFacts> {
  const system = await findSystemFacts(tx, posSystemId);
  if (system === null) throw noSuchSystem(`There is no POS system ${posSystemId}.`);
  requirePermission(caller, 'pos.manage', system);
  return system;
}
