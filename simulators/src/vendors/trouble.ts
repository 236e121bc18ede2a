// What goes wrong between a vendor and its readers, by configured shares and from a seed. No fault changes the ledger.

import type { Random } from '../random.ts';
import { randomFor } from '../random.ts';

/** Shares of 0 to 1; what is left out does not happen. May be changed while the simulator runs. */
export interface Trouble {
  /** Requests that are answered 429 though no limit was reached, and 500. */
  rateLimited?: number;
  failing?: number;
  /** Requests whose connection is cut before an answer. */
  cut?: number;
  /** Every request waits for this promise: a vendor that hangs. */
  hanging?: Promise<void>;
  /** Webhook messages that are never sent, sent twice, and held back until later ones have overtaken them. */
  webhooksDropped?: number;
  webhooksDoubled?: number;
  webhooksLate?: number;
  /** How long a new row stays out of lists, in milliseconds of the simulator's clock. */
  listedAfterMs?: number;
}

export type RequestFate = 'answered' | 'rateLimited' | 'failing' | 'cut';

export interface TroubleMaker {
  readonly trouble: Trouble;
  requestFate(): RequestFate;
  webhookFate(): { readonly dropped: boolean; readonly doubled: boolean; readonly late: boolean };
  random: Random;
}

export function makeTrouble(seed: string, trouble: Trouble): TroubleMaker {
  const requests = randomFor(seed, 'requests');
  const webhooks = randomFor(seed, 'webhooks');
  return {
    trouble,
    random: randomFor(seed, 'waits'),
    requestFate() {
      const luck = requests.unit();
      const limited = trouble.rateLimited ?? 0;
      const failing = limited + (trouble.failing ?? 0);
      if (luck < limited) return 'rateLimited';
      if (luck < failing) return 'failing';
      return luck < failing + (trouble.cut ?? 0) ? 'cut' : 'answered';
    },
    webhookFate: () => ({
      dropped: webhooks.chance(trouble.webhooksDropped ?? 0),
      doubled: webhooks.chance(trouble.webhooksDoubled ?? 0),
      late: webhooks.chance(trouble.webhooksLate ?? 0),
    }),
  };
}
