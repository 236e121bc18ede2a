// Dates and instants of filters and rows, in ISO 8601 as PostgreSQL writes and reads it, to the microsecond. Without a zone
// they are UTC, in which every session of the server runs.

const datePart = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const timePart = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?`;
const zonePart = String.raw`(Z|[+-]\d\d(?::?\d\d)?)`;
const datePattern = new RegExp(`^${datePart}$`);
const instantPattern = new RegExp(`^${datePart}(?:[T ]${timePart}\\s*${zonePart}?)?$`, 'i');

/** Days since 1970 of `2026-06-01`; undefined for what is no date. */
export function parseDate(text: string): bigint | undefined {
  const match = datePattern.exec(text.trim());
  return match === null ? undefined : daysOf(match);
}

/** Microseconds since 1970 of `2026-06-01T12:00:00.123456Z`, ` ` for `T` and `+02` for `Z`; undefined for anything else. */
export function parseInstant(text: string): bigint | undefined {
  const match = instantPattern.exec(text.trim());
  const days = match === null ? undefined : daysOf(match);
  if (match === null || days === undefined) return undefined;
  const [hours, minutes, seconds] = match.slice(4, 7).map((part) => Number(part ?? 0)) as [number, number, number];
  // 24:00 and :60 are PostgreSQL's ways of saying the next day and the next minute.
  if (hours > 24 || (hours === 24 && minutes + seconds > 0) || minutes > 59 || seconds > 60) return undefined;
  const offset = offsetMinutes(match[8]);
  if (offset === undefined) return undefined;
  const fraction = BigInt((match[7] ?? '').padEnd(6, '0'));
  return ((days * 24n * 60n + BigInt(hours * 60 + minutes - offset)) * 60n + BigInt(seconds)) * 1_000_000n + fraction;
}

function daysOf(match: RegExpExecArray): bigint | undefined {
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  // Years below 100 are taken for those of the last century.
  date.setUTCFullYear(year);
  const isReal = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? BigInt(date.getTime() / 86_400_000) : undefined;
}

function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  if (hours > 15 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
