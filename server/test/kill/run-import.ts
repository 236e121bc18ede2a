// The operator's command as its own process, watched by what it prints.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { environmentFor, serverFolder } from '../faults/kill-driver.ts';

export interface RunningImport {
  readonly child: ChildProcess;
  /** The exit code; null where it was killed. Both streams are complete then. */
  readonly ended: Promise<number | null>;
  /** Standard output: the summary. */
  said(): string;
  /** Standard error: the progress. */
  progress(): string;
}

export interface ImportCommand {
  readonly dataDir: string;
  readonly path: string;
  readonly posSystemId: string;
  readonly more?: readonly string[];
  readonly environment?: Record<string, string>;
  /** Told after each line of progress. */
  readonly onProgress?: () => void;
}

export function runImport({
  dataDir,
  path,
  posSystemId,
  more = [],
  environment,
  onProgress,
}: ImportCommand): RunningImport {
  const args = ['import-sales', path, '--pos-system', posSystemId, '--connections', '8', ...more];
  const child = spawn(process.execPath, [join(serverFolder, 'src/cli.ts'), ...args], {
    env: environmentFor(dataDir, environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.err += chunk;
    for (const _line of chunk.matchAll(/% {2}[\d,]+ sales/g)) onProgress?.();
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, said: () => text.out, progress: () => text.err };
}
