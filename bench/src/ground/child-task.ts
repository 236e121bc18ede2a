// A task in a process of its own: load must not be made by the process that is measured, nor by the one that waits.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs the program at `program` with one message and answers its one message back. What it prints goes to our standard
 * error; a program that ends without an answer is an error.
 */
export function runTask<Task extends object, Answer>(program: URL, task: Task): Promise<Answer> {
  const child = fork(fileURLToPath(program), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program.pathname} ended with ${code} and no answer.`)));
    child.once('message', (answer) => {
      resolve(answer as Answer);
      end(child);
    });
    child.send(task);
  });
}

function end(child: ChildProcess): void {
  child.disconnect();
}

/** The other side: does the work with the one message that comes, answers, and lets the process end. */
export function serveTask<Task, Answer extends object>(work: (task: Task) => Promise<Answer>): void {
  process.once('message', (task) => {
    work(task as Task).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
