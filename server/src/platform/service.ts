// The life of every part that lives longer than a request: started once, stopped once, and stopped means stopped.
// test/harness/stress-service.ts holds each of them to it.

export interface Service {
  readonly name: string;
  /** Resolves when the part works. May be called once; rejects if it cannot work, or after stop(). */
  start(): Promise<void>;
  /**
   * Resolves when nothing of the part runs any more. May be called at any time, also twice, at once, while it starts,
   * or without a start.
   */
  stop(): Promise<void>;
}

export interface ServiceParts {
  readonly name: string;
  readonly start: () => Promise<void>;
  /** Called at most once, after `start` has settled, also when it failed half-way: it takes down whatever there is. */
  readonly stop: () => Promise<void>;
}

/** Makes a Service of what a part does to start and to stop; the order in which they may be called is kept here. */
export function createService({ name, start, stop }: ServiceParts): Service {
  let starting: Promise<void> | null = null;
  let stopping: Promise<void> | null = null;
  return {
    name,
    async start() {
      if (stopping !== null) throw new Error(`${name} was stopped and cannot be started again`);
      if (starting !== null) throw new Error(`${name} is started already`);
      starting = start();
      await starting;
    },
    stop() {
      stopping ??= (async () => {
        if (starting === null) return;
        // A failed start is its caller's to report; here it only means that there may be less to take down.
        await starting.catch(() => undefined);
        await stop();
      })();
      return stopping;
    },
  };
}

/**
 * Starts the services in order; if one fails, or `signal` is aborted in between, stops it and those before it in reverse
 * order and throws its error.
 */
export async function startAll(services: readonly Service[], signal?: AbortSignal): Promise<void> {
  for (const [index, service] of services.entries()) {
    try {
      signal?.throwIfAborted();
      await service.start();
    } catch (error) {
      const failures = await stopInReverse(services.slice(0, index + 1));
      if (failures.length === 0) throw error;
      throw new AggregateError([error, ...failures], `${service.name} did not start, and others did not stop`);
    }
  }
}

/** Stops the services in reverse order, all of them even if some fail; then throws what failed. */
export async function stopAll(services: readonly Service[]): Promise<void> {
  const failures = await stopInReverse(services);
  if (failures.length > 0) throw new AggregateError(failures, 'Some parts did not stop cleanly');
}

async function stopInReverse(services: readonly Service[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const service of services.toReversed()) {
    try {
      await service.stop();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
