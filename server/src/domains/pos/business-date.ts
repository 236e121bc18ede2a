// Which business day a sale counts for: the shop's own calendar day, moved back while yesterday's business still runs.

const formatters = new Map<string, Intl.DateTimeFormat>();

// Making a formatter costs a hundred times what using it does, and a franchise has few zones.
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

// Sales come mostly from the last minutes, and since 2000 every zone's clock has stepped at whole minutes: what is known of
// one instant holds for its minute.
const minuteMs = 60_000;
const knownMax = 10_000;
const known = new Map<string, string>();

/**
 * The business date (YYYY-MM-DD) of an instant. `closingHour` (0 to 23) is the local hour at which a business day ends:
 * with 4, a sale at 00:30 counts for the day before. Reads the wall clock and then steps whole calendar days, so days of
 * 23 or 25 hours need no special case. Throws RangeError on an unknown zone.
 */
export function businessDate(occurredAt: Date, timeZone: string, closingHour: number): string {
  const key = `${timeZone} ${closingHour} ${Math.floor(occurredAt.getTime() / minuteMs)}`;
  let date = known.get(key);
  if (date === undefined) {
    date = readCalendar(occurredAt, timeZone, closingHour);
    if (known.size >= knownMax) known.clear();
    known.set(key, date);
  }
  return date;
}

function readCalendar(occurredAt: Date, timeZone: string, closingHour: number): string {
  const local = { year: 0, month: 0, day: 0, hour: 0 };
  for (const part of formatterOf(timeZone).formatToParts(occurredAt)) {
    if (part.type in local) local[part.type as keyof typeof local] = Number(part.value);
  }
  const day = local.hour < closingHour ? local.day - 1 : local.day;
  return new Date(Date.UTC(local.year, local.month - 1, day)).toISOString().slice(0, 10);
}
