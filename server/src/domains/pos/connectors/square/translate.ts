// Square's bundles (square-documents.ts) as our sales and refunds.
import type { Translation, TranslationFacts, VendorDocument } from '../connector.ts';
import { translateSafely } from '../translate-safely.ts';
import { locationIdsOf } from './square-settings.ts';
import { translateOrder } from './translate-order.ts';
import { translateRefund } from './translate-refund.ts';

export function translate(document: VendorDocument, facts: TranslationFacts): Translation {
  return translateSafely(document, (bundle, into) => {
    const subject =
      bundle.child('order') && !bundle.has('refund') ? 'order' : bundle.has('refund') ? 'refund' : 'payment';
    const object = bundle.needChild(subject);
    const locationId = object.text('location_id');
    if (locationId === null || !locationIdsOf(facts.settings).includes(locationId)) {
      into.leftOut.push(`The ${subject} belongs to the location ${locationId ?? '(none)'}, which is not this shop's.`);
    } else if (subject === 'order') {
      translateOrder(bundle, facts, into);
    } else if (subject === 'refund') {
      translateRefund(bundle, facts, into);
    } else if (object.text('status') === 'COMPLETED' && !object.has('order_id')) {
      const detail = 'The payment names no order, so nothing says what was sold; look at it in the Square dashboard.';
      into.refusals.push({ externalId: object.text('id'), detail });
    } else {
      into.leftOut.push('The payment has not been completed.');
    }
  });
}
