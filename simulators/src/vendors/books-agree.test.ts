// What each simulated vendor's API tells is added up here by a second, plain reader: it must be what the vendor's books
// say. A simulator that disagreed with itself would blame every connector.

import { afterEach, describe, expect, test } from 'vitest';
import { boughtAt } from '../../test/bought-at.ts';
import { readClover } from '../../test/read-back/read-clover.ts';
import { readCustom } from '../../test/read-back/read-custom.ts';
import { readSquare } from '../../test/read-back/read-square.ts';
import { readToast } from '../../test/read-back/read-toast.ts';
import type { ReadBack } from '../../test/read-back/tally.ts';
import { steppingClock } from '../../test/stepping-clock.ts';
import { newYorkTax, vendorShop } from '../../test/vendor-shops.ts';
import { busyHabits } from './habits.ts';
import { createPerformer } from './play-tills.ts';
import { shopFloor } from './shop-floor.ts';
import type { VendorKind } from './simulated-tills.ts';
import { startVendors, type Vendors } from './start-vendor-tills.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const readers: Readonly<Record<VendorKind, (vendors: Vendors, shopIds: readonly string[]) => Promise<ReadBack>>> = {
  square: ({ square }, shops) => readSquare(square, shops),
  clover: ({ clover }, shops) => readClover(clover, shops),
  toast: ({ toast }, shops) => readToast(toast, shops),
  custom: ({ custom }, shops) => readCustom(custom, shops),
};

describe.for(['square', 'clover', 'toast', 'custom'] as const)('%s', (make) => {
  test.for(['one', 'two'])('three busy days, seed %s: the API adds up to the books', async (seed) => {
    const shops = [
      { ...vendorShop({ id: 'new-york', taxRate: newYorkTax }), make },
      { ...vendorShop({ id: 'sydney', timeZone: 'Australia/Sydney', closingHour: 0, taxRate: 1_000_000 }), make },
    ];
    const clock = steppingClock(Date.parse('2026-03-06T00:00:00Z'));
    const vendors = await startVendors(shops, {
      clock,
      seed,
      // The clock stands still while they are read.
      switches: { toast: { requestsPerSecond: 1000, bulkPerSecond: 1000 } },
    });
    closing.push(() => vendors.close());
    const perform = createPerformer(vendors.tillsOf);
    const done: Record<string, number> = {};
    const dates = ['2026-03-06', '2026-03-07', '2026-03-08'];
    for (const action of shopFloor({ seed, shops, sales: boughtAt(shops, dates, seed), habits: busyHabits })) {
      clock.advance(Math.max(0, action.at - clock.now()));
      perform(action);
      done[action.what] = (done[action.what] ?? 0) + 1;
    }
    expect(Object.values(done).every((count) => count > 3) || JSON.stringify(done)).toBe(true);
    const tills = vendors.tillsOf('sydney');
    const books = tills.books();
    const read = await readers[make](
      vendors,
      shops.map(({ id }) => id),
    );
    const told = books.totals.map(({ payments: _payments, refunds: _refunds, currency: _currency, ...total }) => total);
    expect(read.totals).toEqual(told);
    for (const { id } of shops) {
      const sold = [...(books.itemsSold.get(id) ?? [])].filter(([, quantity]) => quantity !== 0).toSorted();
      expect(read.items.get(id)).toEqual(sold);
    }
  });
});
