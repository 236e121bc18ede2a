import { expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import type { SalesFile } from '../import/index.ts';
import { nothingYet, type Tally } from '../import/tally.ts';
import { createImportDisplay, summaryOf } from './import-sales-display.ts';

const file: SalesFile = { path: 'x.csv', isGzip: false, format: 'csv', digest: Buffer.alloc(32), textBytes: 1_000 };
const at = (sales: number, end: number): Tally => ({ ...nothingYet, sales, lines: sales, created: sales, end });

function shown({ isTTY }: { isTTY: boolean }, steps: readonly { before: Tally; reached: Tally; ms: number }[]): string {
  const clock = new ManualClock('2026-01-01T00:00:00Z');
  let text = '';
  const display = createImportDisplay(file, clock, { isTTY, write: (more) => (text += more) });
  for (const { ms, ...progress } of steps) {
    clock.advance(ms);
    display.show(progress);
  }
  display.end();
  return text;
}

test('away from a terminal a line is written every five per cent, and every ten seconds of a long file', () => {
  const steps = [
    { reached: nothingYet, ms: 0 },
    { reached: at(40, 40), ms: 500 },
    { reached: at(60, 60), ms: 500 },
    { reached: at(70, 70), ms: 1_000 },
    { reached: at(80, 80), ms: 11_000 },
    { reached: { ...at(1_000, 1_000), rejected: 2 }, ms: 7_000 },
  ].map((step) => ({ ...step, before: nothingYet }));
  expect(shown({ isTTY: false }, steps)).toBe(
    '  6 %  60 sales  60/s\n  8 %  80 sales  6/s\n100 %  1,000 sales  50/s, 2 refused\n',
  );
});

test('an import that goes on says from where, and counts its speed from there', () => {
  const before = at(500, 500);
  const text = shown({ isTTY: false }, [
    { before, reached: before, ms: 0 },
    { before, reached: at(600, 600), ms: 1_000 },
  ]);
  expect(text).toBe('Going on behind 500 sales, where the import was interrupted.\n 60 %  600 sales  100/s\n');
});

test('on a terminal a bar moves in its own line, at most ten times a second', () => {
  const steps = [
    { before: nothingYet, reached: at(0, 0), ms: 0 },
    { before: nothingYet, reached: at(250, 250), ms: 1_000 },
    { before: nothingYet, reached: at(260, 260), ms: 10 },
    { before: nothingYet, reached: at(1_000, 1_000), ms: 10 },
  ];
  const bars = shown({ isTTY: true }, steps).split('\r').slice(1);
  expect(bars).toEqual([
    '[######------------------]  25 %  250 sales  250/s\u001b[K',
    '[########################] 100 %  1,000 sales  980/s\u001b[K\n',
  ]);
});

test('the summary holds the counts, the revenue and what the books say', () => {
  const reached = { ...at(1_500, 1_000), duplicate: 200, rejected: 3, total: '1234.5' };
  const report = { before: nothingYet, reached, isFinished: true, books: { sales: 1_700, revenue: '9999.90' } };
  const text = summaryOf(report, { path: 'x.csv', currency: 'USD', ms: 1_500 });
  for (const words of [
    'Imported x.csv: 1,500 sales of 1,500 lines',
    'refused    3',
    'not refused: 1234.50 USD',
    '1,700 sales, 9999.90 USD',
    '1,000 sales/s',
    '/v1/sync-errors',
  ]) {
    expect(text).toContain(words);
  }
  expect(text).not.toContain('again to go on');
  expect(summaryOf({ ...report, isFinished: false }, { path: 'x.csv', currency: 'USD', ms: 1 })).toContain(
    'again to go on',
  );
});
