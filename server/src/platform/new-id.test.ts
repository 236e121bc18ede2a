import { expect, test } from 'vitest';
import { newId } from './new-id.ts';

const ids = Array.from({ length: 20_000 }, newId);

test('ids are UUIDv7, and no two are equal', () => {
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

test('each is greater than the one before, within a millisecond too', () => {
  expect(ids.toSorted()).toEqual(ids);
});

test('they begin with the time at which they were made', () => {
  const madeAt = Number.parseInt(newId().replaceAll('-', '').slice(0, 12), 16);
  expect(Math.abs(madeAt - performance.timeOrigin - performance.now())).toBeLessThan(1_000);
});

test('the part that two processes have apart is random: over many ids every bit of it is set about half of the time', () => {
  const tails = ids.map((id) => BigInt(`0x${id.slice(-11).replaceAll('-', '')}`));
  for (let bit = 0n; bit < 40n; bit++) {
    const share = tails.filter((tail) => (tail >> bit) & 1n).length / tails.length;
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.55);
  }
});
