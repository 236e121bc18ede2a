// A checker that never failed proves nothing: each is shown green on a good history and red on that history doctored.
import { expect, test } from 'vitest';
import { checkChannel, checkConservation, checkRevenue, checkSetFull } from './checkers.ts';

const history = { acknowledged: ['a', 'b'], unknown: ['c'], present: ['b', 'c', 'a'] };

test('a full set is one in which every acknowledged sale is there once', () => {
  expect(checkSetFull(history)).toEqual([]);
  expect(checkSetFull({ ...history, present: ['a', 'b'] })).toEqual([]);
});

test.each([
  ['a lost sale', ['b', 'c'], 'a was acknowledged and is not there'],
  ['a doubled sale', ['a', 'b', 'a'], 'a is there 2 times'],
  ['an unanswered sale booked twice', ['a', 'b', 'c', 'c'], 'c is there 2 times'],
  ['a sale out of nowhere', ['a', 'b', 'x'], 'x is there and was never sent'],
])('the set checker sees %s', (_, present, violation) => {
  expect(checkSetFull({ ...history, present })).toEqual([violation]);
});

const books = {
  opening: new Map([
    ['shop tea', 9000],
    ['shop bun', 5000],
  ]),
  sold: new Map([['shop tea', 2000]]),
  stock: new Map([
    ['shop tea', 7000],
    ['shop bun', 5000],
  ]),
  ledger: new Map([
    ['shop tea', 7000],
    ['shop bun', 5000],
  ]),
};

test('stock is conserved when it is opening less sold, in the stock and in the ledger', () => {
  expect(checkConservation(books)).toEqual([]);
});

test.each([
  [
    'a sale that moved no stock',
    { stock: new Map([...books.stock, ['shop tea', 9000]]), ledger: new Map([...books.ledger, ['shop tea', 9000]]) },
    1,
  ],
  [
    'a sale that moved stock twice',
    { stock: new Map([...books.stock, ['shop tea', 5000]]), ledger: new Map([...books.ledger, ['shop tea', 5000]]) },
    1,
  ],
  ['a movement without its stock', { ledger: new Map([...books.ledger, ['shop tea', 6999]]) }, 1],
  ['stock without its movement', { stock: new Map([...books.stock, ['shop tea', 6999]]) }, 2],
  ['stock of something never delivered', { stock: new Map([...books.stock, ['shop ice', 1]]) }, 2],
])('the conservation checker sees %s', (_, doctored, violations) => {
  expect(checkConservation({ ...books, ...doctored })).toHaveLength(violations);
});

test('the revenue checker sees a cent in either direction, and a shop that should have sold nothing', () => {
  const sold = new Map([['shop', 1999]]);
  expect(checkRevenue(sold, new Map(sold))).toEqual([]);
  expect(checkRevenue(sold, new Map([['shop', 2000]]))).toHaveLength(1);
  expect(checkRevenue(sold, new Map())).toHaveLength(1);
  expect(checkRevenue(sold, new Map([...sold, ['other', 1]]))).toHaveLength(1);
});

const inserted = (key: string) => ({ key, operation: 'INSERT', version: 1 });
const updated = (key: string, version: number) => ({ key, operation: 'UPDATE', version });
const final = new Map([
  ['a', 1],
  ['b', 3],
]);

test('a channel is whole when each sale appeared once and ended at its final version', () => {
  expect(checkChannel(final, [inserted('a'), inserted('b'), updated('b', 2), updated('b', 3)])).toEqual([]);
  // Versions that were overtaken before they were booked are duplicates and appear nowhere.
  expect(checkChannel(final, [{ key: 'b', operation: 'INSERT', version: 3 }, inserted('a')])).toEqual([]);
});

test.each([
  ['a missing sale', [inserted('b'), updated('b', 3)], 'a was never seen'],
  ['a sale seen twice', [inserted('a'), inserted('a'), inserted('b'), updated('b', 3)], 'a was inserted twice'],
  [
    'an update seen twice',
    [inserted('a'), inserted('b'), updated('b', 3), updated('b', 3)],
    'b: version 3 came after 3',
  ],
  [
    'an order turned round',
    [inserted('a'), inserted('b'), updated('b', 3), updated('b', 2)],
    'b: version 2 came after 3',
  ],
  [
    'a missing last version',
    [inserted('a'), inserted('b'), updated('b', 2)],
    'b: the last version seen is 2, the final one is 3',
  ],
  ['a missing first sight', [inserted('a'), updated('b', 3)], 'b began with UPDATE'],
  ["another shop's sale", [inserted('a'), inserted('x'), inserted('b'), updated('b', 3)], "x is not this subscriber's"],
])('the channel checker sees %s', (_, seen, violation) => {
  expect(checkChannel(final, seen)).toContain(violation);
});
