// Counting requests in fixed slices of time, by whatever key a vendor counts by.

export interface Slice {
  /** Requests left in the present slice; below 0 the request is over the limit. */
  readonly left: number;
  /** When the next slice begins, milliseconds since 1970. */
  readonly resetAt: number;
}

/** Takes one request of `key` out of its present slice. Slices begin at whole multiples of their length. */
export type TakeFromSlice = (key: string) => Slice;

export function fixedSlices(limit: number, sliceMs: number, now: () => number): TakeFromSlice {
  const counts = new Map<string, { startedAt: number; taken: number }>();
  return (key) => {
    const startedAt = Math.floor(now() / sliceMs) * sliceMs;
    const known = counts.get(key);
    const count = known?.startedAt === startedAt ? known : { startedAt, taken: 0 };
    counts.set(key, count);
    count.taken++;
    return { left: limit - count.taken, resetAt: startedAt + sliceMs };
  };
}
