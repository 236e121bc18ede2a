// What was asked and what came of it, written down line by line as it happens, so that a run that dies leaves its history
// behind: `invoke`, then `ok`, `fail` (the server refused: it has not happened) or `unknown` (no answer: it may have
// happened or not, and is never taken for a failure).
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { SetHistory } from './checkers.ts';

export type Outcome = 'ok' | 'fail' | 'unknown';

export interface HistoryLine {
  readonly kind: 'invoke' | Outcome;
  /** One client does one thing at a time. */
  readonly client: string;
  /** Counts the operations of the history, from 1. */
  readonly operation: number;
  /** Of one clock that never goes back, since the history began. */
  readonly atMs: number;
  /** What was asked, on `invoke`; the answer, on `ok`; the reason otherwise. */
  readonly value: unknown;
}

/** Thrown by an operation to say that the server refused it, and so that it has not happened. */
export class Refused extends Error {}

export interface History {
  readonly path: string;
  /** Does `work` and writes down what came of it. A Refused is a failure, anything else that is thrown is unknown. */
  record<T>(client: string, asked: unknown, work: () => Promise<T>): Promise<Recorded<T>>;
  close(): void;
}

export type Recorded<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'fail' | 'unknown' };

export function openHistory(path: string): History {
  const file = openSync(path, 'a');
  const startedAt = performance.now();
  let operations = 0;
  const write = (line: Omit<HistoryLine, 'atMs'>) =>
    writeSync(file, `${JSON.stringify({ ...line, atMs: performance.now() - startedAt })}\n`);
  return {
    path,
    async record(client, asked, work) {
      operations += 1;
      const operation = operations;
      write({ kind: 'invoke', client, operation, value: asked });
      try {
        const value = await work();
        write({ kind: 'ok', client, operation, value });
        return { kind: 'ok', value };
      } catch (error) {
        const kind = error instanceof Refused ? 'fail' : 'unknown';
        write({ kind, client, operation, value: (error as Error).message });
        return { kind };
      }
    },
    close: () => closeSync(file),
  };
}

/** The lines of a history; a last one that was cut off is left out. */
export function readHistory(path: string): HistoryLine[] {
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as HistoryLine]));
}

/**
 * What the set checker wants, of operations that asked for keys: each key that some operation got through is
 * acknowledged, and one that was asked for without a definite answer is unknown, as is one whose operation never ended.
 */
export function askedKeys(lines: readonly HistoryLine[]): Omit<SetHistory, 'present'> {
  const keysOf = new Map<number, readonly string[]>();
  const open = new Set<number>();
  const acknowledged = new Set<string>();
  const unknown = new Set<string>();
  for (const { kind, operation, value } of lines) {
    if (kind === 'invoke') {
      keysOf.set(operation, value as readonly string[]);
      open.add(operation);
      continue;
    }
    if (kind !== 'unknown') open.delete(operation);
    if (kind === 'ok') for (const key of keysOf.get(operation) ?? []) acknowledged.add(key);
  }
  for (const operation of open) for (const key of keysOf.get(operation) ?? []) unknown.add(key);
  return { acknowledged, unknown };
}

/** Where a history contradicts itself: a client that does two things at once, an end without a beginning, two ends. */
export function checkHistory(lines: readonly HistoryLine[]): string[] {
  const violations: string[] = [];
  const busy = new Map<string, number>();
  let lastMs = 0;
  for (const { kind, client, operation, atMs } of lines) {
    if (atMs < lastMs) violations.push(`operation ${operation}: the clock went back to ${atMs}`);
    lastMs = atMs;
    const current = busy.get(client);
    if (kind === 'invoke') {
      if (current !== undefined) violations.push(`${client} began ${operation} in the middle of ${current}`);
      busy.set(client, operation);
    } else {
      if (current !== operation) violations.push(`${client} ended ${operation}, which was not under way`);
      busy.delete(client);
    }
  }
  return violations;
}
