// How a node that stops lets its sockets go: a few at a time. Closed all at once they would all come back in the same
// second, to the nodes that are left, and the next second would be as bad.
import type { Session } from './session.ts';

export interface Slices {
  /** Longest time for all of them, in ms. */
  readonly drainMs: number;
  /** Time for each socket as long as the whole stays below `drainMs`, in ms. */
  readonly drainEachMs: number;
}

const sliceMs = 50;

/** Resolves when each session has been closed, in the order of their age. The others go on being served meanwhile. */
export async function closeInSlices(
  sessions: ReadonlySet<Session>,
  close: (session: Session) => void,
  { drainMs, drainEachMs }: Slices,
): Promise<void> {
  const all = [...sessions];
  const slices = Math.max(1, Math.floor(Math.min(drainMs, all.length * drainEachMs) / sliceMs));
  const size = Math.ceil(all.length / slices);
  for (let begin = 0; begin < all.length; begin += size) {
    if (begin > 0) await new Promise((resolve) => setTimeout(resolve, sliceMs));
    // Who has left by then is not in the set any more.
    for (const session of all.slice(begin, begin + size)) if (sessions.has(session)) close(session);
  }
}
