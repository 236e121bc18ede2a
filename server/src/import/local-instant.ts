// Clock times of a shop to instants, for files whose tills wrote down what the clock on the wall showed. Intl knows the
// zones; Temporal would do this in one call, but Node 24, which the project supports, does not have it.

const dayMs = 86_400_000;
const pattern = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/;

/** Whether the text is a date and a time without an offset. */
export function isLocalTime(text: string): boolean {
  return pattern.test(text);
}

/**
 * The instant at which the clocks of the zone show this time, or null where the calendar or the clock has no such time.
 * A time that summer time skips becomes the one an hour later; of the hour that comes twice it is the first.
 */
export function localInstant(text: string, timeZone: string): Date | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00', fraction = ''] = match;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const asIfUtc = Date.parse(iso);
  // What JavaScript rolls over (30 February) it does not write back.
  if (Number.isNaN(asIfUtc) || new Date(asIfUtc).toISOString() !== iso) return null;
  // The offset before any change of the clocks on that day is right, unless the change has already happened. In the hour
  // that is skipped neither shows the time that is wanted: then the one before leads to an hour later.
  const before = offsetAt(asIfUtc - dayMs, timeZone);
  const after = offsetAt(asIfUtc + dayMs, timeZone);
  const changed = offsetAt(asIfUtc - before, timeZone) !== before && offsetAt(asIfUtc - after, timeZone) === after;
  return new Date(asIfUtc - (changed ? after : before));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** How far the zone is ahead of UTC at the instant, in ms. */
function offsetAt(instant: number, timeZone: string): number {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    const digits = '2-digit';
    const fields = {
      year: 'numeric',
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    } as const;
    formatter = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', hourCycle: 'h23', ...fields });
    formatters.set(timeZone, formatter);
  }
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatter.formatToParts(instant)) part[type] = value;
  const shown = `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`;
  return Date.parse(shown) - Math.floor(instant / 1_000) * 1_000;
}
