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
  /** It comes from the kept errors: refused again, it is not kept a second time. */
  readonly isReplay?: true;
}
