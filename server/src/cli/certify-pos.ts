// tillstream certify-pos
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Check, certifyTill } from '../domains/pos/index.ts';
import { systemClock } from '../platform/clock.ts';
import { type Command, UsageError } from './command.ts';

const marks: Record<Check['outcome'], string> = { passed: 'ok    ', failed: 'FAILED', advised: 'advice' };
const timeoutMs = 300_000;

export const certifyPosCommand: Command = {
  name: 'certify-pos',
  usage: 'npm run -s tillstream -- certify-pos https://till.example/store-1 [--key-file FILE]',
  summary: "Tells whether a till maker's server keeps to the pull contract of docs/custom-till.openapi.json.",
  details:
    'URL is the base of one store; FILE holds its API key, which is read from the standard input without it. The feeds are read as they will be read, nothing is written ' +
    'anywhere, and no database is needed. Answers 0 if everything passed, 1 if something failed; advice fails nothing.',
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'key-file': { type: 'string' } },
    });
    const [url] = positionals;
    const keyFile = values['key-file'];
    if (url === undefined || positionals.length > 1 || !/^https?:\/\//.test(url)) {
      throw new UsageError('Give the base URL of one store, such as https://till.example/store-1.');
    }
    const apiKey = (keyFile === undefined ? await askForKey() : await readFile(keyFile, 'utf8')).trim();
    if (apiKey === '') throw new UsageError('Give the API key on the standard input, or in a file: --key-file FILE.');
    const checks = await certifyTill({
      url: url.replace(/\/+$/, ''),
      apiKey,
      fetch,
      now: () => systemClock.now(),
      signal: AbortSignal.timeout(timeoutMs),
    });
    for (const { name, outcome, detail } of checks) {
      console.log(`${marks[outcome]} ${name}${detail === '' ? '' : `: ${detail}`}`);
    }
    const failures = checks.filter(({ outcome }) => outcome === 'failed').length;
    const isAdvised = checks.some(({ outcome }) => outcome === 'advised');
    const verdict = isAdvised ? 'This server can be registered; mind the advice.' : 'This server can be registered.';
    console.log(failures === 0 ? verdict : `${failures} of ${checks.length} checks failed.`);
    return failures === 0 ? 0 : 1;
  },
};

/** One line: an argument would be in the list of processes and in the history of the shell. */
async function askForKey(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('API key of the store: ');
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    // A standard input that stays open, as a terminal's or another program's, would keep the process from ending.
    process.stdin.destroy();
  }
}
