// One element of a request on its way to be booked: parsed or refused, with the bytes it came as. Permission has been
// checked before it becomes one.
import type { ParsedSale } from './parse-sale.ts';

/** What is fixed of a POS system for ever: a till that moves is a new system. */
export interface SystemPlace {
  readonly id: string;
  readonly locationId: string;
  readonly franchiseId: string;
}

export interface WaitingSale {
  readonly system: SystemPlace;
  /** The sender's actor id, e.g. `key:<id>`. */
  readonly performedBy: string;
  /** The element's exact bytes, kept if it is refused. */
  readonly raw: Buffer;
  readonly parsed: ParsedSale;
  /**
   * It was read at the vendor a moment ago, system by system one read after the other: where its version is booked with
   * other content, this is the newer one. Vendors' stamps are as coarse as a second, and parts of a sale have their own.
   */
  readonly isFetched?: true;
  /** It comes from the kept errors: refused again, it is not kept a second time. */
  readonly isReplay?: true;
}
