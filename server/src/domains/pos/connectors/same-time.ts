// Whether two time zones are the same for books: by their clocks over a year, because vendors name the same zone in several
// ways, and know neighbours of it that have kept its time for longer than there are tills.

const dayMs = 86_400_000;
/** Clocks are changed for months: no change and return lies between two looks. */
const stepDays = 14;
const looks = 27;

/** True also where one of them is no zone that we know: then nothing is known to differ. */
export function keepSameTime(one: string, other: string, at: Date): boolean {
  const [read, readOther] = [wallClock(one), wallClock(other)];
  if (one === other || read === null || readOther === null) return true;
  for (let look = 0; look < looks; look++) {
    const instant = new Date(at.getTime() + look * stepDays * dayMs);
    if (read(instant) !== readOther(instant)) return false;
  }
  return true;
}

function wallClock(timeZone: string): ((at: Date) => string) | null {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    return (at) => format.format(at);
  } catch {
    return null;
  }
}
