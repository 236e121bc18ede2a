// Clock times of a shop to instants and back. Intl knows the zones; Temporal would do this in one call, but Node 24,
// which the project supports, does not have it.

const dayMs = 86_400_000;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formatters.set(timeZone, made);
  return made;
}

/** What a clock on the shop's wall shows at `instant`: the date as YYYY-MM-DD and the minutes since midnight. */
export function wallClock(instant: number, timeZone: string): { date: string; minute: number } {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(instant)) part[type] = value;
  const seconds = Number(part.second) + (((instant % 1000) + 1000) % 1000) / 1000;
  return {
    date: `${part.year}-${part.month}-${part.day}`,
    minute: Number(part.hour) * 60 + Number(part.minute) + seconds / 60,
  };
}

/** Minutes since midnight of a time written HH:MM. */
export function minuteOfDay(time: string): number {
  const [hour = Number.NaN, minute = Number.NaN] = time.split(':').map(Number);
  if (!(hour >= 0 && hour <= 24 && minute >= 0 && minute < 60))
    throw new RangeError(`not a time of day (HH:MM): ${time}`);
  return hour * 60 + minute;
}

/**
 * The instant, in milliseconds since 1970, at which the clock of `timeZone` shows `minute` minutes after midnight of
 * `date` (YYYY-MM-DD). Minutes beyond 1440 reach into the next day. A time that summer time skips becomes the one an
 * hour later.
 */
export function instantOf(date: string, minute: number, timeZone: string): number {
  const asIfUtc = midnightUtc(date) + minute * 60_000;
  // The offset that holds before any change of the clock on that date is right unless the change has already happened.
  // In the hour that is skipped neither offset shows the wanted time: then the one before leads to an hour later.
  const before = offsetAt(asIfUtc - dayMs, timeZone);
  const after = offsetAt(asIfUtc + dayMs, timeZone);
  const changed = offsetAt(asIfUtc - before, timeZone) !== before && offsetAt(asIfUtc - after, timeZone) === after;
  return asIfUtc - (changed ? after : before);
}

/** How far the zone is ahead of UTC at `instant`, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const { date, minute } = wallClock(instant, timeZone);
  return Date.parse(`${date}T00:00:00Z`) + Math.round(minute * 60_000) - instant;
}

function midnightUtc(date: string): number {
  const midnight = new Date(`${date}T00:00:00Z`);
  // Date accepts more than dates ("19 June") and rolls 31 February over; only what it writes back itself is one.
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== date) {
    throw new RangeError(`not a date (YYYY-MM-DD): ${date}`);
  }
  return midnight.getTime();
}
