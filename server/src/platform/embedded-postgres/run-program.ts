/**
 * Short programs, run to their end. Each gets a session of its own: Ctrl-C reaches every process of the terminal's group,
 * and one that it kills here would be taken for an answer ("this user cannot enter", "PostgreSQL does not run here").
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export type RunOptions = {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Ends the program when it is aborted; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
};

/** It ran, and ended with an exit code other than 0 or by a signal; the message is what it said. */
export class ProgramFailed extends Error {
  readonly exitCode: number | null;

  constructor(message: string, exitCode: number | null) {
    super(message);
    this.name = 'ProgramFailed';
    this.exitCode = exitCode;
  }
}

/**
 * Runs `program` with `words` and returns what it printed.
 *
 * @throws {ProgramFailed} when it ends otherwise than with exit code 0; the system's error when it cannot be run at all.
 */
export async function runProgram(program: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  const { signal, ...how } = options;
  signal?.throwIfAborted();
  const child = spawn(program, words, { ...how, detached: true, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => void child.kill('SIGTERM');
  signal?.addEventListener('abort', end, { once: true });
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => resolve([code, killedBy]));
  });
  try {
    const [printed, complaint, [code, killedBy]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    signal?.throwIfAborted();
    if (code === 0) return printed;
    throw new ProgramFailed(complaint.trim() || `${program} ended with ${killedBy ?? `exit code ${code}`}`, code);
  } finally {
    signal?.removeEventListener('abort', end);
  }
}
