// What a command is: its words, and what it does with them.
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** What else `--help` says. */
  readonly details?: string;
  /** Answers the exit code, where that is not simply 0. */
  run(args: readonly string[]): Promise<number | undefined>;
}

/** The words were wrong, and nothing was begun: scripts tell it from a failure by the exit code, 2. */
export class UsageError extends Error {}

/** True for what parseArgs throws as well. */
export function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}
