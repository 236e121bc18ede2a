import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Frontier } from './frontier.ts';
import { addTallies, nothingYet, type Tally, tallyOf } from './tally.ts';

const requests = Array.from(
  { length: 12 },
  (_, n): Tally =>
    tallyOf([
      { status: 'created', lines: 2, total: `${n}.10`, end: 100 * n + 50 },
      { status: n % 3 === 0 ? 'rejected' : 'duplicate', lines: 1, total: '0.05', end: 100 * n + 100 },
    ]),
);

test('the frontier never passes a request that is still under way, and ends with all of them', () => {
  const orders = fc.shuffledSubarray([...requests.keys()], { minLength: requests.length });
  fc.assert(
    fc.property(orders, (order) => {
      const frontier = new Frontier(nothingYet);
      const ended = new Set<number>();
      for (const index of order) {
        ended.add(index);
        const tally = requests[index];
        if (tally) frontier.pass(index, tally);
        const unbroken = requests.findIndex((_, n) => !ended.has(n));
        const through = unbroken === -1 ? requests : requests.slice(0, unbroken);
        expect(frontier.reached).toEqual(through.reduce(addTallies, nothingYet));
      }
    }),
  );
});

test('a tally adds amounts exactly and leaves refused ones out', () => {
  const [a, b] = [0.1, 0.2].map((n) => tallyOf([{ status: 'created', lines: 1, total: String(n), end: 10 * n }]));
  const refused = tallyOf([{ status: 'rejected', lines: 3, total: '9', end: 5 }]);
  expect([a, b, refused].reduce((sum: Tally, next) => (next ? addTallies(sum, next) : sum), nothingYet)).toEqual({
    sales: 3,
    lines: 5,
    created: 2,
    updated: 0,
    duplicate: 0,
    rejected: 1,
    total: '0.3',
    end: 5,
  });
});
