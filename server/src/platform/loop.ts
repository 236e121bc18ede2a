// A part that does the same work again and again: on a timer as a net, and at once when somebody knows of something new.
import { systemClock } from './clock.ts';
import { createService, type Service } from './service.ts';

export interface LoopOptions {
  readonly name: string;
  /** Pause between the end of one run and the start of the next, in ms, unless woken. */
  readonly intervalMs: number;
  /** Least time between the starts of two runs, in ms, however often it is woken. Default 0. */
  readonly spacingMs?: number;
  /**
   * Largest share of the time (0 to 1) that runs may take while it is woken again and again; asked after each run, of which
   * it may depend. Default 1.
   */
  readonly shareMax?: () => number;
  /** One run. The signal aborts when the loop is told to stop; a long run looks at it. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** A failed run is reported here and tried again at the next interval. */
  readonly onError: (error: unknown) => void;
}

export interface Loop extends Service {
  /** Asks for a run now; during a run, for one more after it. A hint that may be given at any time and any number of times. */
  wake(): void;
}

/** Runs never overlap, and stop() waits for the one in progress. The first run begins with start(). */
export function createLoop(options: LoopOptions): Loop {
  const aborter = new AbortController();
  let woken = false;
  let endPause: (() => void) | null = null;
  let running = Promise.resolve();

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms);
      function finish(): void {
        clearTimeout(timer);
        endPause = null;
        resolve();
      }
      endPause = finish;
    });
  }

  async function run(): Promise<void> {
    while (!aborter.signal.aborted) {
      woken = false;
      const startedMs = systemClock.monotonicMs();
      try {
        await options.work(aborter.signal);
      } catch (error) {
        options.onError(error);
      }
      const ranMs = systemClock.monotonicMs() - startedMs;
      await rest(startedMs + Math.max(options.spacingMs ?? 0, ranMs / (options.shareMax?.() ?? 1)));
    }
  }

  async function rest(untilMs: number): Promise<void> {
    if (!woken && !aborter.signal.aborted) await pause(options.intervalMs);
    // Waking cuts the pause short but not below the spacing, so that a busy writer cannot turn us into a spin.
    while (!aborter.signal.aborted) {
      const leftMs = untilMs - systemClock.monotonicMs();
      if (leftMs <= 0) return;
      await pause(leftMs);
    }
  }

  const service = createService({
    name: options.name,
    start: async () => {
      running = run();
    },
    stop: async () => {
      aborter.abort();
      endPause?.();
      await running;
    },
  });
  return {
    ...service,
    wake() {
      woken = true;
      endPause?.();
    },
  };
}
