import { demoFranchise } from '@tillstream/simulators';
import { expect, test } from 'vitest';
import { generatedDay, hasMavenData, mavenDay } from './day-of-sales.ts';
import { expectedBooks } from './expected-books.ts';

// Where the data is absent there is nothing to read; the name says which of the two this run has proved.
test(
  hasMavenData
    ? 'the busiest day of the Maven data is read whole'
    : 'the Maven data is absent: the generated day stands in',
  () => {
    if (!hasMavenData) {
      expect(generatedDay('maven', demoFranchise.products).sales.length).toBeGreaterThan(1000);
      return;
    }
    const day = mavenDay('2023-06-19');
    expect(day.sales).toHaveLength(1343);
    expect(day.shops.map(({ name }) => name)).toEqual(['Astoria', 'Lower Manhattan', "Hell's Kitchen"]);
    expect(day.sales[0]?.sale.occurredAt).toBe('2023-06-19T10:01:45.000Z');
    // Added up by another program from the file itself.
    expect(Object.fromEntries(expectedBooks(day.sales).revenue)).toEqual({ 3: 254643, 5: 173340, 8: 212408 });
  },
);

test('the books of a day count the highest version of each sale, in whatever order the versions come', () => {
  const { sales } = generatedDay('books', demoFranchise.products);
  const books = expectedBooks(sales);
  expect(expectedBooks(sales.toReversed())).toEqual(books);
  expect(books.finals.size).toBe(sales.filter(({ before }) => before === undefined).length);
});
