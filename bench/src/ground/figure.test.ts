import { expect, test } from 'vitest';
import { drawTable, figureLine, median, percentile } from './figure.ts';

test('the median of an even number of values lies between the middle two', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('a percentile is a value that occurred', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.95)).toBe(95);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
});

test('a figure is one line of JSON with its ratio, or without one where it stands alone', () => {
  const figure = { bench: 'ingest', metric: 'sales_per_s_20', unit: 'sales/s', ours: 1234.56 };
  expect(JSON.parse(figureLine({ ...figure, against: 'seed-way', theirs: 100 }))).toEqual({
    ...figure,
    ours: 1235,
    against: 'seed-way',
    theirs: 100,
    ratio: 12.35,
  });
  expect(JSON.parse(figureLine({ ...figure, against: null, theirs: null }))).toMatchObject({
    theirs: null,
    ratio: null,
  });
});

test('a table lines its figures up', () => {
  const table = {
    head: ['way', 'sales/s'],
    rows: [
      ['the longest name', '7'],
      ['short', '12345'],
    ],
  };
  expect(drawTable(table).split('\n')).toEqual([
    'way               sales/s',
    '----------------  -------',
    'the longest name        7',
    'short               12345',
  ]);
});
