import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNestedDeeper } from './json-depth.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('the depth of the bytes is the depth of the value, whatever its texts hold', () => {
  const text = fc.string({ unit: fc.constantFrom('[', '{', ']', '}', '"', '\\', 'ä', 'a') });
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 8 }, text, fc.array(tie('value')), fc.dictionary(text, tie('value'))),
  })).value;
  fc.assert(
    fc.property(value, fc.nat(8), (made, depthMax) => {
      const bytes = Buffer.from(JSON.stringify(made));
      expect(isNestedDeeper(bytes, depthMax)).toBe(depthOf(made) > depthMax);
    }),
  );
});

test('a depth that ends the stack is seen in the bytes', () => {
  expect(isNestedDeeper(Buffer.from('['.repeat(1_000_000)), 100)).toBe(true);
  expect(isNestedDeeper(Buffer.from(`${'{"0":'.repeat(101)}1${'}'.repeat(101)}`), 100)).toBe(true);
  expect(isNestedDeeper(Buffer.from(`${'{"0":'.repeat(100)}1${'}'.repeat(100)}`), 100)).toBe(false);
});
