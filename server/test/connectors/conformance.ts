/**
 * What every make of till must do, against its simulated vendor, in all positions of what nobody knows for certain: read
 * what changed, translate it, and come to the vendor's own books, whatever happens to a sale and in whatever order.
 */
import { randomFor } from '@tillstream/simulators';
import type { SimulatedTills, VendorOptions } from '@tillstream/simulators/vendors';
import { afterEach, describe, expect, test } from 'vitest';
import { VendorFailure } from '../../src/domains/pos/connectors/vendor-failure.ts';
import type { MemoryBooks } from './memory-books.ts';
import { beans, latte, Player, twoCroissants } from './player.ts';
import { vendorDayTotals, vendorGoods, vendorSales } from './vendor-books.ts';
import { type Make, minute, noon, shops, standUp } from './vendor-ground.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function stand<Tills extends SimulatedTills, Switches>(
  make: Make<Tills, Switches>,
  options: Partial<VendorOptions<Switches>> = {},
) {
  const ground = await standUp(make, options);
  closing.push(() => ground.tills.close());
  return ground;
}

export function expectVendorsBooks(books: MemoryBooks, tills: SimulatedTills, shopId: string): void {
  expect(books.refused).toEqual([]);
  const counting = [...books.counting()].map(([id, { total }]) => [id, total]).sort();
  expect(Object.fromEntries(counting)).toEqual(vendorSales(tills, shopId));
  expect(books.dayTotals()).toEqual(vendorDayTotals(tills, shopId));
  expect(books.goods()).toEqual(vendorGoods(tills, shopId));
  for (const sale of books.sales.values()) {
    expect([sale.externalId, sale.discrepancy, sale.breakdown?.['unpaid'] ?? 0]).toEqual([sale.externalId, '0', 0]);
  }
}

export function testConformance<Tills extends SimulatedTills, Switches>(make: Make<Tills, Switches>): void {
  const { type } = make.connector;
  describe(`${type}: what a till can do`, () => {
    testActs(make);
    testOddities(make);
  });
  describe(`${type}: reading`, () => testReading(make));
  describe(`${type}: any order of anything`, () => testAnyOrder(make));
}

const start = new Date(noon - minute);

const everything: [string, (tills: SimulatedTills, shopId: string) => void][] = [
  ['plain sales', (tills, shopId) => void tills.ring({ shopId, ticket: { lines: [latte, twoCroissants] } })],
  ['weighed goods', (tills, shopId) => void tills.ring({ shopId, ticket: { lines: [beans] } })],
  [
    'modifiers, discounts, a charge and a tip, by two tenders',
    (tills, shopId) => {
      const oat = { name: 'Oat milk', price: 60, modifiers: [{ name: 'Extra', price: 15 }] };
      const lines = [
        { ...latte, modifiers: [oat] },
        { ...twoCroissants, discount: 80 },
      ];
      const payments = [{ tender: 'cash' as const, amount: 200 }, { tender: 'card' as const }];
      tills.ring({ shopId, ticket: { lines, discountPercent: 10, serviceCharge: 120, tip: 150, payments } });
    },
  ],
  [
    'what was typed in by hand',
    (tills, shopId) => {
      tills.ring({ shopId, ticket: { lines: [{ name: 'Cake by the slice', quantity: 1000, price: 395 }] } });
    },
  ],
  [
    'every tender',
    (tills, shopId) => {
      for (const tender of ['card', 'cash', 'gift_card', 'other'] as const) {
        tills.ring({ shopId, ticket: { lines: [latte], payments: [{ tender }] } });
      }
    },
  ],
  [
    'partial and full refunds',
    (tills, shopId) => {
      const partly = tills.ring({ shopId, ticket: { lines: [latte, twoCroissants], tip: 100 } });
      const [, croissants] = partly.lines;
      tills.refund(partly.id, { lines: [{ line: croissants?.id ?? '', quantity: 1000 }] });
      tills.refund(tills.ring({ shopId, ticket: { lines: [latte, twoCroissants], tip: 100 } }).id);
    },
  ],
  [
    'an amount without goods',
    (tills, shopId) => {
      tills.refund(tills.ring({ shopId, ticket: { lines: [twoCroissants] } }).id, { amount: 111 });
    },
  ],
  [
    'voids',
    (tills, shopId) => void tills.void(tills.ring({ shopId, ticket: { lines: [latte] }, until: 'approved' }).id),
  ],
  ['open sales', (tills, shopId) => void tills.ring({ shopId, ticket: { lines: [latte] }, until: 'open' })],
];

function testActs<Tills extends SimulatedTills, Switches>(make: Make<Tills, Switches>): void {
  test.each(everything)('%s come to the vendor’s own books', async (_, act) => {
    const { clock, tills, booksOf } = await stand(make);
    for (const { id } of shops) act(tills, id);
    clock.advance(minute);
    for (const { id } of shops) {
      const books = await booksOf(id);
      await books.readWindow(start, new Date(clock.now()));
      expectVendorsBooks(books, tills, id);
      const { changes } = books;
      await books.readWindow(start, new Date(clock.now()));
      expect(books.changes).toBe(changes);
    }
  });
}

function testOddities<Tills extends SimulatedTills, Switches>(make: Make<Tills, Switches>): void {
  const { type } = make.connector;
  test('sales made in test mode are left out', async () => {
    const { clock, tills, booksOf } = await stand(make);
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, testMode: true });
    clock.advance(minute);
    const books = await booksOf('shop-1');
    await books.readWindow(start, new Date(clock.now()));
    // Square keeps test sales in another world, which is not asked.
    if (type !== 'square') expectVendorsBooks(books, tills, 'shop-1');
  });

  test.each([
    'card',
    'cash',
  ] as const)('a sale taken offline by %s counts for the day it was made on, however late it comes', async (tender) => {
    const { clock, tills, booksOf } = await stand(make);
    clock.advance(26 * 60 * minute);
    const ticket = { lines: [latte], payments: [{ tender }] };
    tills.ring({ shopId: 'shop-1', ticket, occurredAt: noon + minute, offline: true });
    clock.advance(minute);
    const books = await booksOf('shop-1');
    await books.readWindow(new Date(clock.now() - 10 * minute), new Date(clock.now()));
    expectVendorsBooks(books, tills, 'shop-1');
    expect(Object.keys(books.dayTotals())).toEqual([`2026-03-06 ${tender}`]);
  });

  test('an item deleted since keeps its SKU', async () => {
    const { clock, tills, booksOf } = await stand(make);
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const books = await booksOf('shop-1');
    clock.advance(minute);
    tills.itemsOf('shop-1').delete('LAT-R');
    await books.readCatalogue(new Date(noon));
    await books.readWindow(start, new Date(clock.now()));
    expect(books.goods()).toEqual({ 'LAT-R': '1' });
  });

  test('what one reference means is what the window says', async () => {
    const { clock, tills, booksOf } = await stand(make);
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte], tip: 50 } });
    clock.advance(minute);
    const [one, window] = [await booksOf('shop-1'), await booksOf('shop-1')];
    one.book(await make.connector.fetchOne(one.connection, { kind: 'order', id: rung.id }));
    await window.readWindow(start, new Date(clock.now()));
    expect([...one.sales.values()]).toEqual([...window.sales.values()]);
    expect(await make.connector.fetchOne(one.connection, { kind: 'order', id: 'unknown' })).toEqual([]);
  });
}

function testReading<Tills extends SimulatedTills, Switches>(make: Make<Tills, Switches>): void {
  const { pace } = make.connector;
  test('hundreds of sales at the same instant are read page by page, each once', async () => {
    const { clock, tills, booksOf } = await stand(make);
    for (let n = 0; n < 250; n++) {
      tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
      if (n % 100 === 99) clock.advance(1000);
    }
    clock.advance(minute);
    const books = await booksOf('shop-1');
    await books.readWindow(start, new Date(clock.now()));
    expectVendorsBooks(books, tills, 'shop-1');
    expect(books.counting().size).toBe(250);
  });

  test('sales that change while they are read come with this window or the next', async () => {
    const { clock, tills, booksOf } = await stand(make);
    const rung = Array.from({ length: 220 }, () => {
      clock.advance(1000);
      return tills.ring({ shopId: 'shop-1', ticket: { lines: [latte, twoCroissants] } });
    });
    clock.advance(minute);
    const books = await booksOf('shop-1');
    const to = new Date(clock.now());
    let page = 0;
    for await (const { documents } of make.connector.fetchChanges(books.connection, { from: start, to }, null)) {
      books.book(documents);
      clock.advance(1000);
      const line = rung[page * 3]?.lines[1]?.id ?? '';
      if (page < 20) tills.refund(rung[page * 3]?.id ?? '', { lines: [{ line }] });
      page++;
    }
    clock.advance(minute);
    await books.readWindow(new Date(to.getTime() - pace.overlapMs), new Date(clock.now()));
    expectVendorsBooks(books, tills, 'shop-1');
  });

  test.each(
    (make.limits ?? [{}]).map((switches) => [JSON.stringify(switches), switches] as const),
  )('a vendor that answers 429 (%s), 500 or not at all is asked on from the last page', async (_, switches) => {
    const trouble = { rateLimited: 0.1, failing: 0.05, cut: 0.05 };
    const { clock, tills, booksOf } = await stand(make, { switches: switches as Partial<Switches> });
    for (let n = 0; n < 150; n++) tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    clock.advance(minute);
    const books = await booksOf('shop-1');
    Object.assign(tills.trouble, trouble);
    const failures = new Set<string>();
    for (let round = 0; round < 20; round++) {
      await books.readWindow(start, new Date(clock.now()), {
        onFailure: (error) => failures.add(error instanceof VendorFailure ? error.kind : String(error)),
      });
    }
    expectVendorsBooks(books, tills, 'shop-1');
    expect([...failures].sort()).toEqual(['rate_limited', 'unavailable']);
  });
}

function testAnyOrder<Tills extends SimulatedTills, Switches>(make: Make<Tills, Switches>): void {
  const { type, pace } = make.connector;
  test.each([{}, ...make.positions].map((switches) => [JSON.stringify(switches), switches] as const))(
    'with %s, polled in overlapping windows, comes to the vendor’s own books',
    async (name, switches) => {
      const { clock, tills, booksOf } = await stand(make, { switches: switches as Partial<Switches> });
      const random = randomFor(`conformance ${type}`, name);
      const books = await booksOf('shop-1');
      let cursor = start;
      const poll = async () => {
        const to = new Date(clock.now() - pace.lagMs);
        await books.readWindow(new Date(cursor.getTime() - pace.overlapMs), to);
        cursor = to;
      };
      const player = new Player(tills, random, make.canReadCredits?.(switches as Partial<Switches>) ?? true);
      for (let step = 0; step < 120; step++) {
        player.act('shop-1');
        clock.advance(random.chance(0.1) ? 7 * 60 * minute : 40_000);
        if (step % 10 === 9) await poll();
      }
      clock.advance(10 * minute);
      player.settle();
      clock.advance(10 * minute);
      await poll();
      expectVendorsBooks(books, tills, 'shop-1');
    },
    60_000,
  );
}
