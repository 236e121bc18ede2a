import pg from 'pg';
import { expect, test } from 'vitest';
import { parseDatabaseValues } from './postgres-values.ts';

const { TIMESTAMPTZ } = pg.types.builtins;

test.each([
  '2026-11-22 21:51:57.129999+00',
  '2026-11-22 21:51:57.12+00',
  '2026-11-22 21:51:57+00',
  '0099-01-01 00:00:00.001+00',
  // Of another zone, before Christ, beyond four digits, and no moment at all: as the library reads them.
  '2026-11-22 23:51:57.5+02',
  '0044-03-15 12:00:00+00 BC',
  '10000-01-01 00:00:00+00',
  'infinity',
])('the moment %s is read as the library reads it', (text) => {
  const parse = parseDatabaseValues.getTypeParser(TIMESTAMPTZ, 'text') as (text: string) => unknown;
  expect(parse(text)).toEqual(pg.types.getTypeParser(TIMESTAMPTZ, 'text')(text));
});
