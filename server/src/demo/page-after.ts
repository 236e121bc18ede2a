// The query of the page after a cursor, as large as a page may be.
export function pageAfter(after: string | undefined): { limit: number; after?: string } {
  return after === undefined ? { limit: 500 } : { limit: 500, after };
}
