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
