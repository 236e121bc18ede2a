import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { boughtAt } from '../../test/bought-at.ts';
import { steppingClock } from '../../test/stepping-clock.ts';
import { vendorShop } from '../../test/vendor-shops.ts';
import { busyHabits, usualHabits } from './habits.ts';
import { createPerformer } from './play-tills.ts';
import { hasMavenFiles, readMavenProducts, readMavenSales } from './read-maven.ts';
import { shopFloor } from './shop-floor.ts';
import { startVendors } from './start-vendor-tills.ts';

const shops = [
  { ...vendorShop({ id: 'a' }), make: 'square' as const },
  { ...vendorShop({ id: 'b' }), make: 'toast' as const },
];

describe('what staff do', () => {
  const days = (seed: string) => [
    ...shopFloor({ seed, shops, sales: boughtAt(shops, ['2026-03-06', '2026-03-07'], seed), habits: busyHabits }),
  ];

  test('is the same for the same seed, another for another, and in order', () => {
    expect(days('one')).toEqual(days('one'));
    expect(days('two')).not.toEqual(days('one'));
    const instants = days('one').map(({ at }) => at);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
  });

  test('ends each day of a Toast once, at its closing hour', () => {
    const closeouts = days('one').filter(({ what }) => what === 'closeout');
    const fourInTheMorning = ['2026-03-07T09:00:00.000Z', '2026-03-08T08:00:00.000Z'];
    expect(closeouts.map(({ at }) => new Date(at).toISOString())).toEqual(fourInTheMorning);
    expect(new Set(closeouts.map(({ shopId }) => shopId))).toEqual(new Set(['b']));
  });

  test('rings offline sales up late, with the time at which they happened', () => {
    const offline = days('one').filter((action) => action.what === 'ring' && action.ring.offline);
    expect(offline.length).toBeGreaterThan(10);
    for (const action of offline) {
      const late = action.what === 'ring' ? action.at - (action.ring.occurredAt ?? action.at) : 0;
      expect(late).toBeGreaterThanOrEqual(10 * 60_000);
    }
  });
});

describe('real sales', () => {
  const folder = fileURLToPath(new URL('../../../../shared/data/maven-coffee-2023', import.meta.url));

  // The data carry no licence and are not part of the project: where they are absent, the test's name says so.
  const present = existsSync(folder) && hasMavenFiles(folder);

  test(
    present ? 'of a busy day are played to the cent' : 'are absent here: ../shared/data/maven-coffee-2023',
    async () => {
      if (!present) return void expect(hasMavenFiles(folder)).toBe(false);
      const products = readMavenProducts(folder);
      const stores = ['3', '5', '8'].map((id) => ({
        ...vendorShop({ id, products, taxRate: 0 }),
        make: 'clover' as const,
      }));
      const shopOf = (store: string) => stores.find(({ id }) => id === store);
      const sales = readMavenSales({ folder, from: '2023-06-19', to: '2023-06-19', shopOf });
      expect(sales).toHaveLength(1343);
      const clock = steppingClock(sales[0]?.at ?? 0);
      const vendors = await startVendors(stores, { clock, seed: 'maven' });
      const perform = createPerformer(vendors.tillsOf);
      const quiet = Object.fromEntries(Object.keys(usualHabits).map((habit) => [habit, 0]));
      for (const action of shopFloor({ seed: 'm', shops: stores, sales, habits: { ...usualHabits, ...quiet } }))
        perform(action);
      const books = vendors.tillsOf('3').books();
      await vendors.close();
      const paid = books.totals.reduce((all, { paid }) => all + paid, 0);
      expect(paid).toBe(Math.round(sales.reduce((all, { sale }) => all + sale.total * 100, 0)));
      expect(new Set(books.totals.map(({ businessDate }) => businessDate))).toEqual(new Set(['2023-06-19']));
      expect(books.sales).toHaveLength(1343);
    },
  );
});
