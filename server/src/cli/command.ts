// What a command is: its words, and what it does with them. A wrong word is thrown as a sentence.
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Answers the exit code, where that is not simply 0. */
  run(args: readonly string[]): Promise<number | undefined>;
}
