// Waiting for what happens instead of sleeping: whoever records an event rings, whoever waits looks again.

export interface Signal {
  ring(): void;
  /** Resolves once `happened` is true; rejects with `what` after the deadline, so that a hang says what it waited for. */
  until(what: string, happened: () => boolean, withinMs?: number): Promise<void>;
}

const deadlineMsDefault = 30_000;

export function createSignal(): Signal {
  const lookers = new Set<() => void>();
  return {
    ring() {
      for (const look of lookers) look();
    },
    async until(what, happened, withinMs = deadlineMsDefault) {
      if (happened()) return;
      const done = Promise.withResolvers<void>();
      const look = () => {
        if (happened()) done.resolve();
      };
      const deadline = setTimeout(() => done.reject(new Error(`${withinMs} ms passed without: ${what}`)), withinMs);
      lookers.add(look);
      try {
        await done.promise;
      } finally {
        lookers.delete(look);
        clearTimeout(deadline);
      }
    },
  };
}
