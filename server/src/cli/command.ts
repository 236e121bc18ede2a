// What a command is: its words, and what it does with them. A wrong word is thrown as a sentence.
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
