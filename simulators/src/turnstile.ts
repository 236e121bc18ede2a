// Lets at most so many requests through at once: ten thousand tills share one server and one machine's sockets.

export interface Turnstile {
  /** Runs `work` when there is room, first come first served. */
  pass<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function createTurnstile(insideMax: number): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    async pass(work) {
      // Whoever leaves hands its place over directly, so nobody can slip in between and `inside` stays right.
      if (inside >= insideMax) await new Promise<void>((enter) => waiting.push(enter));
      else inside++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else inside--;
      }
    },
  };
}
