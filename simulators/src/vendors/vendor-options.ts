// What every simulated vendor is started with.

import type { Clock } from '../clock.ts';
import type { Trouble } from './trouble.ts';
import type { VendorShop } from './vendor-shop.ts';

export interface VendorOptions<Switches> {
  /** A free one if left out. */
  readonly port?: number;
  /** The only time there is: stamps, expiries, limits and the waits between webhooks follow it, at any speed. */
  readonly clock: Clock;
  /** The same seed gives the same ids, tokens and secrets. */
  readonly seed: string;
  readonly shops: readonly VendorShop[];
  readonly trouble?: Trouble;
  readonly switches?: Partial<Switches>;
}

/** How long a webhook is held back at most where trouble makes it late, in milliseconds of the clock. */
export const lateMaxMs = 30_000;
