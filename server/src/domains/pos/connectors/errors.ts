// Why a vendor's document became no sale. Like the reasons of single sales in ../errors.ts it refuses no request: the
// document waits in the list of sync errors as its bytes.
import { defineError } from '../../../platform/errors.ts';

export const untranslatable = defineError('pos.untranslatable', {
  status: 422,
  title: "A vendor's document cannot be read as a sale",
  advice:
    'The detail names the field; look the document up at the vendor by its id. It is read again whenever it changes.',
});
