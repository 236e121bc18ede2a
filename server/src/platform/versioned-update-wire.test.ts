import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from './errors.ts';
import { changesOf, entityTag, expectedVersion } from './versioned-update-wire.ts';

const codeOf = (ifMatch: string | undefined): string => {
  try {
    expectedVersion({ 'if-match': ifMatch });
  } catch (error) {
    if (error instanceof AppError) return error.code;
  }
  return 'taken';
};

const versions = fc.integer({ min: 1, max: 2 ** 31 - 1 });

describe('If-Match', () => {
  test('gives back the version of every ETag, also one that a proxy has weakened', () => {
    fc.assert(
      fc.property(versions, fc.constantFrom('', 'W/'), fc.constantFrom('', ' '), (version, weak, space) => {
        expect(expectedVersion({ 'if-match': `${space}${weak}${entityTag(version)}${space}` })).toBe(version);
      }),
    );
  });

  test.each([undefined, '', ' ', '*'])('%j names no version', (given) => {
    expect(codeOf(given)).toBe('version.required');
  });

  test.each([
    '3',
    '"3',
    '"3", "4"',
    '"0"',
    '"-1"',
    '"03"',
    '"3.0"',
    '"2147483648"',
    '"99999999999"',
    'w/"3"',
    'W/3',
    '"abc"',
    '"*"',
    '"３"',
  ])('%s is not one version', (given) => {
    expect(codeOf(given)).toBe('version.malformed');
  });

  test('takes nothing but ETags, whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), (given) => {
        const code = codeOf(given);
        if (code === 'taken') expect(given.trim()).toMatch(/^(W\/)?"[1-9]\d{0,9}"$/);
        else expect(['version.required', 'version.malformed']).toContain(code);
      }),
    );
  });
});

describe('the body of an edit', () => {
  const schema = changesOf({ name: z.string().exactOptional(), price: z.number().nullable().exactOptional() });

  test('has at least one field, and no other than those', () => {
    expect(schema.safeParse({ name: 'x' }).data).toEqual({ name: 'x' });
    expect(schema.safeParse({ price: null }).data).toEqual({ price: null });
    for (const refused of [{}, { nome: 'x' }, { name: 'x', nome: 'x' }, { name: undefined }, [], null]) {
      expect(schema.safeParse(refused).success, JSON.stringify(refused)).toBe(false);
    }
  });
});
