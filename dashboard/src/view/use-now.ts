// The time, told again and again: for ages on the screen and for the chart that moves.
import { useEffect, useState } from 'react';

/** Milliseconds since 1970, read from `clock` and renewed every `everyMs`. `clock` must be the same on every render. */
export function useNow(everyMs: number, clock: () => number = Date.now): number {
  const [now, setNow] = useState(clock);
  useEffect(() => {
    const timer = setInterval(() => setNow(clock()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, clock]);
  return now;
}
