// Instants as vendors write them. Compared as instants and never as texts: of one vendor some stamps have three digits
// after the second, others nine or none.

export interface VendorTime {
  readonly date: Date;
  /** µs since 1970, as versions count; whole tens, so that it is a number of 15 significant digits. */
  readonly micros: number;
}

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)$/;

/** RFC 3339, and the offset without a colon that Toast writes; null for anything else. Digits beyond ten µs are cut. */
export function readVendorTime(text: string): VendorTime | null {
  const [, second, fraction = '', offset = ''] = pattern.exec(text) ?? [];
  if (second === undefined) return null;
  const colon = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset;
  const ms = Date.parse(`${second}${colon}`);
  if (Number.isNaN(ms)) return null;
  const micros = ms * 1000 + Number(fraction.padEnd(5, '0').slice(0, 5)) * 10;
  return { date: new Date(Math.floor(micros / 1000)), micros };
}

const latestMs = Date.UTC(2100, 0, 1);

/** Milliseconds since 1970; null before that and beyond the year 2100. */
export function readUnixMs(text: string): VendorTime | null {
  const ms = Number(text);
  if (!Number.isSafeInteger(ms) || ms < 0 || ms > latestMs) return null;
  return { date: new Date(ms), micros: ms * 1000 };
}

const aheadMs = 5 * 60_000;
const behindMs = 8 * 86_400_000;

/**
 * When a sale happened, by the till's own clock where that can be: a till without a network sends days later, but one
 * with a dead battery says 1970. `arrived` is the server's stamp.
 */
export function saleTime(byTill: Date | null, arrived: Date): { readonly at: Date; readonly isClamped: boolean } {
  if (byTill === null) return { at: arrived, isClamped: false };
  const aheadBy = byTill.getTime() - arrived.getTime();
  return aheadBy > aheadMs || -aheadBy > behindMs ? { at: arrived, isClamped: true } : { at: byTill, isClamped: false };
}
