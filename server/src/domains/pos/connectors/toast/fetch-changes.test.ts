// Windows of many pages at Toast, whose pages have numbers, no documented order, and an end that is told in several ways:
// read to their end in however short runs, and with whatever slips through a shift found by the next pass.
import { describe, expect, test } from 'vitest';
import type { Connection } from '../connector.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { fetchChanges } from './fetch-changes.ts';

const window = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-07T00:00:00Z') };
const orders = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ guid: `g${n}`, modifiedDate: '2026-03-06T12:00:00.000+0000' }));
type Orders = ReturnType<typeof orders>;

interface Vendor {
  readonly list: () => Orders;
  /** Whether each page but the last says that there is another. */
  readonly hasLinks?: boolean;
  /** What a page behind the last one is; an empty one if left out. */
  readonly beyond?: number;
}

function open({ list, hasLinks = true, beyond = 200 }: Vendor) {
  const asked: number[] = [];
  const connection: Connection = {
    endpoint: 'http://toast.example',
    credentials: {},
    settings: { restaurantGuid: 'r' },
    now: () => window.to,
    signal: new AbortController().signal,
    fetch: async (url) => {
      const page = Number(new URL(url).searchParams.get('page'));
      asked.push(page);
      const all = list();
      const rows = all.slice((page - 1) * 100, page * 100);
      if (rows.length === 0 && page > 1 && beyond !== 200) return new Response('{}', { status: beyond });
      const rel = page * 100 < all.length ? 'next' : 'self';
      return new Response(JSON.stringify(rows), { headers: hasLinks ? { link: `<http://x>; rel="${rel}"` } : {} });
    },
  };
  return { connection, asked };
}

/** Reads the window in runs of so many pages each; the ids that came, and how many runs it took. */
async function readInRuns(connection: Connection, pagesMax: number) {
  const ids = new Set<string>();
  let resumeAt: string | null = null;
  for (let runs = 1; runs <= 50; runs++) {
    let pages = 0;
    for await (const page of fetchChanges(connection, window, resumeAt)) {
      for (const { reference } of page.documents) ids.add(reference.id);
      resumeAt = page.resumeAt;
      if (++pages === pagesMax) break;
    }
    if (resumeAt === null) return { ids, runs };
  }
  throw new Error('Fifty runs did not come to the end of the window');
}

describe('a window of ten pages', () => {
  test.each([1, 3, 6, 10, 15, 100])('is read to its end in runs of %i pages', async (pagesMax) => {
    const all = orders(1_000);
    const { connection, asked } = open({ list: () => all });
    const { ids, runs } = await readInRuns(connection, pagesMax);
    expect(ids.size).toBe(1_000);
    // Twice over, and no more: the second pass found what the first had.
    expect(asked).toHaveLength(20);
    expect(runs).toBe(Math.ceil(20 / pagesMax));
  });

  test.each([4, 100])('finds in runs of %i pages what a shift let slip', async (pagesMax) => {
    const all = orders(1_000);
    const { connection, asked } = open({
      list: () => {
        // After the fourth page the first row leaves the window, and what was first on the fifth is on the fourth now.
        if (asked.length === 5) all.shift();
        return all;
      },
    });
    const { ids } = await readInRuns(connection, pagesMax);
    expect(ids.has('g400')).toBe(true);
    expect(ids.size).toBe(1_000);
  });

  test('is given up after a few passes where the vendor shows it in another way each time', async () => {
    let turn = 0;
    const { connection, asked } = open({
      list: () => orders(1_000).map((row) => ({ ...row, guid: `${row.guid}-${turn++}` })),
    });
    await readInRuns(connection, 7);
    expect(asked).toHaveLength(50);
  });
});

describe('without links', () => {
  test.each([200, 400, 404])('a page behind the last full one is the end, answered %i', async (beyond) => {
    for (const pagesMax of [1, 2, 100]) {
      const { connection, asked } = open({ list: () => orders(200), hasLinks: false, beyond });
      const { ids } = await readInRuns(connection, pagesMax);
      expect(ids.size).toBe(200);
      expect(asked).toEqual([1, 2, 3, 1, 2, 3]);
    }
  });

  test('what is no answer about the end is a failure, and no end', async () => {
    for (const beyond of [409, 422, 499, 500]) {
      const { connection } = open({ list: () => orders(200), hasLinks: false, beyond });
      await expect(readInRuns(connection, 100)).rejects.toBeInstanceOf(VendorFailure);
    }
  });
});
