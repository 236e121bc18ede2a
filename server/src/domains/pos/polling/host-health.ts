// Which hosts do not answer at present. Of a host that is sick only a few tills try, so that its time-outs do not take the
// places of tills whose vendor is well; the first that succeeds makes it well again.
import type { RunOutcome } from './run-till.ts';

export interface HostHealth {
  note(host: string, outcome: RunOutcome): void;
  sick(): { readonly sickHosts: readonly string[]; readonly sickMax: number };
}

/** Failures in a row, whichever of its tills they hit, after which a host counts as sick. */
const failuresMax = 5;
const sickMax = 2;

export function createHostHealth(): HostHealth {
  const failures = new Map<string, number>();
  return {
    note(host, outcome) {
      if (outcome === 'lost') return;
      if (outcome === 'unavailable') failures.set(host, (failures.get(host) ?? 0) + 1);
      else failures.delete(host);
    },
    sick: () => ({
      sickHosts: [...failures].flatMap(([host, count]) => (count >= failuresMax ? [host] : [])),
      sickMax,
    }),
  };
}
