// Lets a few through at once, in the order in which they came.

export interface Turnstile {
  /** Runs `work` when there is room; rejects without having run it when the signal aborts first. */
  pass<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** `onIdle` is called when nobody is inside or waiting. */
export function createTurnstile(atOnce: number, onIdle: () => void = () => undefined): Turnstile {
  let inside = 0;
  const waiting: (() => void)[] = [];

  async function enter(signal: AbortSignal): Promise<void> {
    if (inside < atOnce) {
      inside += 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    waiting.push(turn.resolve);
    const give = () => {
      const index = waiting.indexOf(turn.resolve);
      if (index === -1) return;
      waiting.splice(index, 1);
      turn.reject(signal.reason);
    };
    signal.addEventListener('abort', give, { once: true });
    await turn.promise.finally(() => signal.removeEventListener('abort', give));
  }

  function leave(): void {
    const next = waiting.shift();
    // Whoever comes next takes the place that is left, so that nobody who arrives meanwhile slips in between.
    if (next !== undefined) {
      next();
      return;
    }
    inside -= 1;
    if (inside === 0) onIdle();
  }

  return {
    async pass(work, signal) {
      signal.throwIfAborted();
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
