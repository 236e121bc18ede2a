// Lists come in pages of at most 500; this walks them to the end.

/** One page of a list: its items, and the cursor of the next page (null at the end). */
export type Page<T> = { items: T[]; nextCursor: string | null };

/**
 * Walks a list page by page and yields its items in the server's order.
 *
 * @example
 * for await (const sale of eachItem((after) => tillstream.listTransactions(shopId, { from, limit: 500, after }))) { … }
 */
export async function* eachItem<T>(readPage: (after: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let after: string | undefined;
  do {
    const page = await readPage(after);
    yield* page.items;
    // A server that hands the same cursor out twice would make this loop for ever.
    if (page.nextCursor !== null && page.nextCursor === after)
      throw new Error('The list answered the same page twice.');
    after = page.nextCursor ?? undefined;
  } while (after !== undefined);
}
