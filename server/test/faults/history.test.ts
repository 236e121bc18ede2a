import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkSetFull } from './checkers.ts';
import { askedKeys, checkHistory, type HistoryLine, openHistory, Refused, readHistory } from './history.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tillstream-history-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function recorded(): Promise<HistoryLine[]> {
  const history = openHistory(join(folder, `${performance.now()}.jsonl`));
  await history.record('a', ['s1', 's2'], async () => 'booked');
  const slow = Promise.withResolvers<never>();
  const cutOff = history.record('b', ['s3'], () => slow.promise);
  await history.record('a', ['s4'], () => Promise.reject(new Refused('422')));
  slow.reject(new Error('socket hang up'));
  expect(await cutOff).toEqual({ kind: 'unknown' });
  void history.record('a', ['s5'], () => new Promise(() => undefined));
  history.close();
  appendFileSync(history.path, '{"kind":"invoke","client":"a"');
  return readHistory(history.path);
}

test('a history holds every question and what came of it, in the order in which it happened', async () => {
  const lines = await recorded();
  expect(lines.map(({ kind, client, operation }) => `${operation} ${client} ${kind}`)).toEqual([
    '1 a invoke',
    '1 a ok',
    '2 b invoke',
    '3 a invoke',
    '3 a fail',
    '2 b unknown',
    '4 a invoke',
  ]);
  expect(lines.map(({ value }) => value).slice(0, 2)).toEqual([['s1', 's2'], 'booked']);
  expect(checkHistory(lines)).toEqual([]);
});

test('what was refused has not happened; what was cut off or never answered may have', async () => {
  const asked = askedKeys(await recorded());
  expect([...asked.acknowledged]).toEqual(['s1', 's2']);
  expect([...(asked.unknown ?? [])]).toEqual(['s3', 's5']);
  expect(checkSetFull({ ...asked, present: ['s1', 's2', 's5'] })).toEqual([]);
  expect(checkSetFull({ ...asked, present: ['s1', 's3'] })).toEqual(['s2 was acknowledged and is not there']);
  expect(checkSetFull({ ...asked, present: ['s1', 's2', 's4'] })).toEqual(['s4 is there and was never sent']);
});

test('a sale that was cut off and then booked by a repetition is acknowledged', () => {
  const line = (kind: HistoryLine['kind'], operation: number, value: unknown): HistoryLine => ({
    kind,
    client: 'a',
    operation,
    atMs: operation,
    value,
  });
  const asked = askedKeys([
    line('invoke', 1, ['s1']),
    line('unknown', 1, 'reset'),
    line('invoke', 2, ['s1']),
    line('ok', 2, 'duplicate'),
  ]);
  expect(checkSetFull({ ...asked, present: [] })).toEqual(['s1 was acknowledged and is not there']);
  expect(checkSetFull({ ...asked, present: ['s1', 's1'] })).toEqual(['s1 is there 2 times']);
});

test.each([
  ['an end without a beginning', [['ok', 'a', 1, 1]], 'a ended 1, which was not under way'],
  [
    'two ends',
    [
      ['invoke', 'a', 1, 1],
      ['ok', 'a', 1, 2],
      ['fail', 'a', 1, 3],
    ],
    'a ended 1, which was not under way',
  ],
  [
    'a client that does two things at once',
    [
      ['invoke', 'a', 1, 1],
      ['invoke', 'a', 2, 2],
    ],
    'a began 2 in the middle of 1',
  ],
  [
    'a clock that goes back',
    [
      ['invoke', 'a', 1, 5],
      ['ok', 'a', 1, 4],
    ],
    'operation 1: the clock went back to 4',
  ],
] as const)('the checker of histories sees %s', (_, lines, violation) => {
  const doctored = lines.map(([kind, client, operation, atMs]) => ({ kind, client, operation, atMs, value: null }));
  expect(checkHistory(doctored)).toEqual([violation]);
});
