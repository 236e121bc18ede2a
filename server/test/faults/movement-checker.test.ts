import { expect, test } from 'vitest';
import { type BookedMovement, checkMovements, type ToldSale } from './movement-checker.ts';

const tea = (quantity: number) => ({ productId: 'tea', quantity });
const moved = (quantity: number, sale = 'a'): BookedMovement => ({ sale, productId: 'tea', quantity });

// Two lines of tea, then a version with one more, then a void; beside it a sale of something that nobody knows.
const told: readonly ToldSale[] = [
  { sale: 'a', lines: [tea(1000), tea(2000)] },
  { sale: 'b', lines: [{ productId: null, quantity: 5000 }] },
  { sale: 'a', lines: [tea(4000)] },
  { sale: 'a', lines: [tea(4000)] },
  { sale: 'a', lines: [] },
];
const booked = [moved(-1000), moved(-2000), moved(-1000), moved(4000)];

test('a ledger that holds what the log stands for is whole, in whatever order', () => {
  expect(checkMovements(told, booked)).toEqual([]);
  expect(checkMovements(told, booked.toReversed())).toEqual([]);
});

test.each([
  ['one movement doubled of a sale with versions', [...booked, moved(-2000)], 1],
  ['a movement that is missing', booked.slice(1), 1],
  ['two wrong ones that make up for each other', [...booked, moved(-500), moved(500)], 2],
  ['one of another figure', [moved(-1500), ...booked.slice(1)], 2],
  ['a movement of a sale that was never told', [...booked, moved(-1000, 'c')], 1],
  ['a movement of a product that nobody knows', [...booked, moved(-5000, 'b')], 1],
])('it sees %s', (_, ledger, violations) => {
  expect(checkMovements(told, ledger)).toHaveLength(violations);
});

test('it sees a movement that came of the same event twice', () => {
  // The doubled event makes no difference to the sale, so it stands for no movement.
  const first = told.slice(0, 1);
  const twice = [...first, ...first];
  expect(checkMovements(twice, [moved(-1000), moved(-2000), moved(-1000), moved(-2000)])).toHaveLength(2);
});
