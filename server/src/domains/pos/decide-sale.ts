// What becomes of a sale that arrives, given what is booked of it. Its version decides, and where versions are equal its
// content: not the time of arrival, which restarts and repetitions shuffle.

export interface Versioned {
  readonly version: number;
  readonly contentHash: Buffer;
}

/** `reused`: the booked version number came again with other content, so one of the two is wrong. */
export type Decision = 'create' | 'update' | 'duplicate' | 'reused';

/**
 * `booked` is the highest version booked so far, or null where the sale is new. `isFetched`: the arriving one was read at
 * its source just now, so with an equal version it is the newer of two.
 */
export function decideSale(booked: Versioned | null, arriving: Versioned, isFetched = false): Decision {
  if (booked === null) return 'create';
  if (arriving.version > booked.version) return 'update';
  if (arriving.version < booked.version) return 'duplicate';
  if (arriving.contentHash.equals(booked.contentHash)) return 'duplicate';
  return isFetched ? 'update' : 'reused';
}
