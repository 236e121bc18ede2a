// Times: clock times in the shop's zone, ages in the fewest words.

/** "2 s", "41 s", "3 min", "2 h": how long something has lasted. Under a second is "0 s". */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** "now" within five seconds, else "12 s ago". A till's clock may be ahead: the future is "now" as well. */
export function formatAgo(ageMs: number): string {
  return ageMs < 5_000 ? 'now' : `${formatAge(ageMs)} ago`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** "14:05" on the wall of the shop. A zone that this browser does not know falls back to UTC and says so. */
export function formatClock(timeMs: number, timeZone: string): string {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = createClock(timeZone);
    clocks.set(timeZone, clock);
  }
  return clock.format(timeMs);
}

function createClock(timeZone: string): Intl.DateTimeFormat {
  const parts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  try {
    return new Intl.DateTimeFormat(undefined, { ...parts, timeZone });
  } catch {
    return new Intl.DateTimeFormat(undefined, { ...parts, timeZone: 'UTC', timeZoneName: 'short' });
  }
}
