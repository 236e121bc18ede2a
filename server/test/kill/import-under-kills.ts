// Imports every shop's file at once, each by a process of its own, while everything is killed again and again.
import type { Random } from '@tillstream/simulators';
import { type KillableServer, killAndWait, type Victim } from '../faults/kill-driver.ts';
import type { StandingShop } from '../flow/stand-up.ts';
import { type RunningImport, runImport } from './run-import.ts';

export interface KillPlan {
  /** One after the other; the imports' own processes die with each. */
  readonly victims: readonly Victim[];
  readonly random: Random;
}

export interface ImportsUnderKills {
  /** Kills that really hit an import in the middle. */
  readonly kills: number;
  /** How often an import said that it went on where it had been interrupted. */
  readonly resumed: number;
  /** The last run of each, which went through. */
  readonly last: readonly RunningImport[];
}

/** An import of thousands of sales prints this many lines of progress: one for each five per cent. */
const progressLines = 20;

/** Resolves when all imports have gone through with exit code 0, after as many kills as planned. */
export async function importUnderKills(
  server: KillableServer,
  imports: readonly { readonly shop: StandingShop; readonly path: string }[],
  { victims, random }: KillPlan,
): Promise<ImportsUnderKills> {
  // The sum of all rounds stays below half of what the imports print, so that the last kill still finds some under way,
  // though what one goes on from it does not print again; and a round lasts for more than the first commits.
  const linesMax = Math.max(2, Math.floor((imports.length * progressLines) / 2 / Math.max(victims.length, 1)));
  let resumed = 0;
  for (let killed = 0; ; ) {
    const victim = victims[killed];
    let lines = victim === undefined ? Number.POSITIVE_INFINITY : random.between(Math.ceil(linesMax / 2), linesMax);
    const due = Promise.withResolvers<'kill'>();
    const onProgress = () => {
      lines -= 1;
      if (lines === 0) due.resolve('kill');
    };
    const runs = imports.map(({ shop: { posSystemId }, path }) =>
      runImport({ dataDir: server.dataDir, path, posSystemId, onProgress }),
    );
    const ended = Promise.all(runs.map((run) => run.ended));
    const next = await Promise.race([due.promise, ended]);
    const isKill = next === 'kill' && victim !== undefined;
    if (isKill) await Promise.all([server.kill(victim), ...runs.map(({ child }) => killAndWait(child))]);
    const codes = await ended;
    resumed += runs.filter((run) => run.progress().includes('Going on behind')).length;
    if (codes.some((code) => code !== 0 && code !== null)) {
      throw new Error(runs.map((run, at) => `exit ${codes[at]}: ${run.progress()}${run.said()}`).join('\n'));
    }
    if (!isKill) return { kills: killed, resumed, last: runs };
    if (codes.includes(null)) killed += 1;
    await server.start();
  }
}
