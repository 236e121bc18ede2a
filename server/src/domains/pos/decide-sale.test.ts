import { expect, test } from 'vitest';
import { decideSale } from './decide-sale.ts';

const sale = (version: number, content: string) => ({ version, contentHash: Buffer.from(content) });

test('a sale that nobody knows is created, at whatever version it comes', () => {
  expect(decideSale(null, sale(1, 'a'))).toBe('create');
  expect(decideSale(null, sale(7, 'a'))).toBe('create');
});

test('a higher version replaces, also with the same content; a lower one came too late', () => {
  expect(decideSale(sale(2, 'a'), sale(3, 'b'))).toBe('update');
  expect(decideSale(sale(2, 'a'), sale(9, 'a'))).toBe('update');
  expect(decideSale(sale(2, 'a'), sale(1, 'b'))).toBe('duplicate');
});

test('the same version is a repetition with the same content, and a mistake with any other', () => {
  expect(decideSale(sale(2, 'a'), sale(2, 'a'))).toBe('duplicate');
  expect(decideSale(sale(2, 'a'), sale(2, 'b'))).toBe('reused');
});

test('what was read at its source just now replaces an equal version of other content, and no higher one', () => {
  expect(decideSale(sale(2, 'a'), sale(2, 'b'), true)).toBe('update');
  expect(decideSale(sale(2, 'a'), sale(2, 'a'), true)).toBe('duplicate');
  expect(decideSale(sale(3, 'a'), sale(2, 'b'), true)).toBe('duplicate');
});
