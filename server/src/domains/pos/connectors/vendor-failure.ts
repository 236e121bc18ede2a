// What can go wrong between us and a vendor, in the few kinds that whoever polls must tell apart. Decided on the status
// alone, because two of three vendors document no error body that could be relied upon.

export type VendorFailureKind =
  /** The token is wrong, expired or revoked: renew it once, then ask a person. */
  | 'unauthorised'
  /** The token is good, but may not do this: a person must grant a right at the vendor. */
  | 'forbidden'
  | 'not_found'
  /** Too many requests: not before `retryAfterMs`. */
  | 'rate_limited'
  /** A time-out, a broken connection, or an answer of 500 and above: the same request may succeed later. */
  | 'unavailable'
  /** The vendor refused the request as such: repeating it unchanged cannot help. */
  | 'refused'
  /** The answer is not what the vendor's contract says, e.g. no JSON. */
  | 'malformed';

/** Thrown by whatever asks a vendor. The message is a sentence for people and never holds a token. */
export class VendorFailure extends Error {
  override readonly name = 'VendorFailure';
  readonly kind: VendorFailureKind;
  /** HTTP status, or null where no answer came. */
  readonly status: number | null;
  /** How long the vendor wants to be left alone, in ms; null where it does not say. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: VendorFailureKind,
    message: string,
    facts: { readonly status?: number; readonly retryAfterMs?: number | null; readonly cause?: unknown } = {},
  ) {
    super(storable(message), { cause: facts.cause });
    this.kind = kind;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
  }
}

/** A vendor may say anything, and a sentence that no row can hold could not be told. */
function storable(message: string): string {
  return message.replaceAll('\0', '').toWellFormed();
}

/** The kind that an HTTP status of 400 and above means at every vendor. */
export function failureKindOf(status: number): VendorFailureKind {
  if (status === 401) return 'unauthorised';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  // A conflict with something that goes on at the vendor at the same time: what we send only reads.
  const isPassing = status === 408 || status === 409 || status === 425 || status === 499;
  return status >= 500 || isPassing ? 'unavailable' : 'refused';
}

const retryAfterMsMax = 3_600_000;

/** Reads `Retry-After`, seconds or a date; null where it is absent or unreadable. Never above an hour. */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMsMax) : null;
}
