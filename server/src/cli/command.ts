// What a command is: its words, and what it does with them. A wrong word is thrown as a sentence.
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  run(args: readonly string[]): Promise<void>;
}
