// The kill proofs come in two sizes: one that every `npm test` can afford, and with FULL_PROOFS=on the one of
// docs/figures.md. (Not TILLSTREAM_…: the server, which inherits the environment, refuses variables that it does not know.)
export const isFullProof = process.env['FULL_PROOFS'] === 'on';

/** What the full size is for: a figure, on the terminal. */
export function report(line: string): void {
  if (isFullProof) process.stderr.write(`${line}\n`);
}
