/**
 * Stopping the server. The postmaster is told by signals and not by pg_ctl: a helper in the terminal's process group dies
 * of the next Ctrl-C, and with it the stop that it was waiting for.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { isPostmaster, readLock } from './lock-file.ts';
import { type Placement, pgData } from './placement.ts';
import { runProgram } from './run-program.ts';

/**
 * PostgreSQL's ways to end, the gentlest first, each with the longest time that it gets, in ms. Fast ends the sessions and
 * writes a checkpoint. Where that hangs (a dying disk), immediate leaves the rest to the next start's recovery, and so does
 * the last, for a postmaster that hears nothing any more. None of them loses what was committed.
 */
const ways: readonly Way[] = [
  { signal: 'SIGINT', msMax: 60_000 },
  { signal: 'SIGQUIT', msMax: 15_000 },
  { signal: 'SIGKILL', msMax: 15_000 },
];

export type Way = { readonly signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'; readonly msMax: number };

type Stoppable = { readonly placement: Placement; readonly binaries: Binaries };

const pollMs = 20;

/**
 * Stops the server of this cluster, if it runs; returns when it has gone. Two that call this at once do each other no harm.
 *
 * @throws {Error} when the process cannot be ended by any means.
 */
export async function stopRunning(server: Stoppable, inTurn: readonly Way[] = ways): Promise<void> {
  const cluster = pgData(server.placement.home);
  const lock = await readLock(cluster);
  if (lock === undefined || !(await isPostmaster(lock.pid, cluster))) return;
  const hasGone = async () => !(await isPostmaster(lock.pid, cluster));
  await endProcess(server, { pid: lock.pid, hasGone }, inTurn);
}

/** The same for a postmaster of which only the process is known. */
export async function endProcess(
  server: Stoppable,
  { pid, hasGone }: { pid: number; hasGone: () => Promise<boolean> },
  inTurn: readonly Way[] = ways,
): Promise<void> {
  for (const { signal, msMax } of inTurn) {
    await tell(server, pid, signal);
    for (const until = performance.now() + msMax; performance.now() < until; await pause(pollMs)) {
      if (await hasGone()) return;
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) cannot be stopped: end it by hand, then start again.`);
}

async function tell({ binaries }: Stoppable, pid: number, signal: Way['signal']): Promise<void> {
  try {
    // Windows has no signals; PostgreSQL brings its own, which pg_ctl sends.
    if (process.platform === 'win32') await runProgram(binaries.pgCtl, ['kill', signal.slice(3), String(pid)]);
    else process.kill(pid, signal);
  } catch (error) {
    // It has gone in this very moment, or it will not hear: the wait that follows finds out which.
    if ((error as NodeJS.ErrnoException).code === 'EPERM') throw error;
  }
}
