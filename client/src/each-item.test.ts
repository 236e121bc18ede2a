import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachItem, type Page } from './each-item.ts';

test('every item of every page comes once, in order, whatever the pages are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.integer()), { minLength: 1 }), async (pages) => {
      const readPage = async (after: string | undefined): Promise<Page<number>> => {
        const index = Number(after ?? 0);
        return { items: pages[index] ?? [], nextCursor: index + 1 < pages.length ? String(index + 1) : null };
      };
      const items: number[] = [];
      for await (const item of eachItem(readPage)) items.push(item);
      expect(items).toEqual(pages.flat());
    }),
  );
});

test('a server that hands out the same cursor twice is not asked for ever', async () => {
  const items: number[] = [];
  await expect(async () => {
    for await (const item of eachItem(async () => ({ items: [1], nextCursor: 'same' }))) items.push(item);
  }).rejects.toThrow('the same page twice');
  expect(items.length).toBeLessThan(4);
});
