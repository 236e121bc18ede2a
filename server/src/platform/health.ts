// Whether this node should get requests. Each part registers what it needs to work; /readyz asks them all.
import { systemClock } from './clock.ts';

export interface CheckResult {
  readonly ok: boolean;
  /** A sentence for the operator, without secrets: the answer is public. */
  readonly detail?: string;
}

/** Says whether a part works; throwing counts as not working, its error goes to the log and not into the answer. */
export type Check = () => Promise<CheckResult>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult & { readonly ms: number }>>;
}

export interface Health {
  /** `name` says what is checked, e.g. `database`, `partitions`; each once. */
  addCheck(name: string, check: Check): void;
  /** From now on the node is not ready, so that balancers send nothing new while it finishes what it has. */
  startDraining(): void;
  /** Runs all checks side by side; one that takes longer than 2 s has failed. */
  readiness(): Promise<Readiness>;
}

const checkTimeoutMs = 2_000;

export function createHealth(onError: (name: string, error: unknown) => void): Health {
  const checks = new Map<string, Check>();
  let draining = false;

  async function run(name: string, check: Check): Promise<CheckResult> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<CheckResult>((resolve) => {
      const detail = `There was no answer within ${checkTimeoutMs} ms.`;
      timer = setTimeout(() => resolve({ ok: false, detail }), checkTimeoutMs);
    });
    try {
      return await Promise.race([check(), timeout]);
    } catch (error) {
      onError(name, error);
      return { ok: false, detail: 'The check failed; the log has the error.' };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    addCheck(name, check) {
      if (checks.has(name)) throw new Error(`There is already a check named "${name}"`);
      checks.set(name, check);
    },
    startDraining() {
      draining = true;
    },
    async readiness() {
      const results = await Promise.all(
        [...checks].map(async ([name, check]) => {
          const startedMs = systemClock.monotonicMs();
          const result = await run(name, check);
          return [name, { ...result, ms: Math.round(systemClock.monotonicMs() - startedMs) }] as const;
        }),
      );
      if (draining) results.push(['draining', { ok: false, detail: 'The server is stopping.', ms: 0 }]);
      return { ready: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
    },
  };
}
