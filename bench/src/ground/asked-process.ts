// A process of a bench that lives for a while and answers questions, one at a time.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Beyond it something is lost or stuck, and there is no figure. */
const answerMsMax = 60_000;

export class AskedProcess<Question extends object, Answer> {
  readonly #child: ChildProcess;
  readonly #name: string;
  #asked: PromiseWithResolvers<Answer> | null = null;

  constructor(program: URL, { argument = '', nodeFlags = [] as readonly string[] } = {}) {
    this.#name = program.pathname;
    this.#child = fork(fileURLToPath(program), [argument], {
      execArgv: [...nodeFlags],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.on('message', (answer) => this.#asked?.resolve(answer as Answer));
    this.#child.on('exit', (code) => this.#asked?.reject(new Error(`${this.#name} ended with ${code}.`)));
  }

  /** What the process says next; with a question, what it answers. Rejects when it ends or is silent for a minute. */
  async hear(question: Question | null = null): Promise<Answer> {
    this.#asked = Promise.withResolvers<Answer>();
    const { promise, reject } = this.#asked;
    const timer = setTimeout(() => reject(new Error(`${this.#name} has not answered.`)), answerMsMax);
    if (question !== null) this.#child.send(question);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#asked = null;
    }
  }

  /** Sends the word to stop, and waits for the end. */
  async stop(word: Question): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.send(word);
    await ended;
  }
}
