/** One line a step: what is done, then how long it took, or what the program that failed had to say. */
import { spawn } from 'node:child_process';

/** A step whose program failed; its output has been shown. */
export class StepFailed extends Error {}

/** Does `work` and tells on one line how it went. Rethrows what it throws. */
export async function step(title, work) {
  const startedAt = performance.now();
  process.stdout.write(`${title} … `);
  try {
    const result = await work();
    console.log(`done in ${seconds(startedAt)}`);
    return result;
  } catch (error) {
    console.log(`failed after ${seconds(startedAt)}`);
    if (!(error instanceof StepFailed)) throw error;
    console.log(error.message);
    throw error;
  }
}

export function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

/** Runs a program and keeps its output to itself unless it fails. */
export function run(program, words, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => reject(new StepFailed(`${program} could not be run: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      const said = Buffer.concat(output).toString('utf8').trimEnd();
      reject(new StepFailed(`${said}\n(${program} ended with ${signal ?? `exit code ${code}`})`));
    });
  });
}
