// How long a till is left alone after a failure: longer with each in a row, never in step with others that failed at the
// same moment, and never shorter than the vendor asked for.
import type { VendorFailureKind } from '../connectors/vendor-failure.ts';

const baseMs = 15_000;
/** A limit is shared by many tills: it is over soon, and says nothing about this one. */
const limitedMs = 4_000;
const longestMs = 15 * 60_000;
/** What only a person can mend is looked at now and then, in case they have. */
const personMs = 10 * 60_000;

export interface Failed {
  readonly kind: VendorFailureKind | 'ours';
  readonly retryAfterMs: number | null;
  /** Failures before this one. */
  readonly inRow: number;
}

/** What the vendor goes on to refuse until somebody gives it a right, or another token. */
export function needsPerson(kind: string): boolean {
  return kind === 'unauthorised' || kind === 'forbidden' || kind === 'refused';
}

/** `random`: 0 to 1. */
export function pauseAfter({ kind, retryAfterMs, inRow }: Failed, random: number = Math.random()): number {
  const base = needsPerson(kind) ? personMs : kind === 'rate_limited' ? limitedMs : baseMs;
  const grown = Math.min(longestMs, base * 2 ** Math.min(inRow, kind === 'rate_limited' ? 3 : 10));
  return Math.max(retryAfterMs ?? 0, grown * (0.5 + random / 2));
}
