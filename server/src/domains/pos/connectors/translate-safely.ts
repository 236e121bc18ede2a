// Runs a translation so that whatever the bytes hold comes out as sales, a reason, or a refusal.
import { AppError } from '../../../platform/errors.ts';
import type { TranslatedSale, Translation, VendorDocument } from './connector.ts';
import { readVendorObject, Untranslatable, type VendorFields } from './vendor-json.ts';

/** Collects what one document becomes. */
export class TranslationBuilder implements Translation {
  readonly sales: TranslatedSale[] = [];
  readonly refusals: { externalId: string | null; detail: string }[] = [];
  readonly leftOut: string[] = [];
  readonly standing: string[] = [];
}

/**
 * All or nothing: a document that breaks off in the middle books none of its sales, since a refund booked without its
 * sale, or half a split check, would be worse than both kept and seen.
 */
export function translateSafely(
  { reference, bytes }: VendorDocument,
  translate: (document: VendorFields, into: TranslationBuilder) => void,
): Translation {
  const into = new TranslationBuilder();
  try {
    translate(readVendorObject(bytes, reference.kind), into);
    return into;
  } catch (error) {
    // AppError: a sum that grew beyond what can be kept exactly.
    if (!(error instanceof Untranslatable || error instanceof AppError)) throw error;
    return { sales: [], refusals: [{ externalId: reference.id || null, detail: error.message }], leftOut: [] };
  }
}
