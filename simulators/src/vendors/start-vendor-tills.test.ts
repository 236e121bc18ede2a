import { afterEach, expect, test } from 'vitest';
import { steppingClock } from '../../test/stepping-clock.ts';
import { latte, vendorShop } from '../../test/vendor-shops.ts';
import { receiveWebhooks } from '../../test/webhook-receiver.ts';
import { realSleep } from '../clock.ts';
import { fasterClock } from './faster-clock.ts';
import { busyHabits } from './habits.ts';
import type { VendorKind } from './simulated-tills.ts';
import { type ChainShop, startVendors, startVendorTills } from './start-vendor-tills.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const chainShop = (make: VendorKind): ChainShop => ({
  ...vendorShop({ id: `${make}-shop`, name: make }),
  make,
  shoppers: { opensAt: '06:00', closesAt: '20:00', alwaysOpen: true, salesPerDay: 2000 },
});

const startsAt = Date.parse('2026-06-01T12:00:00Z');

test('people buy at every make of till, a thousand times faster, until it is closed', async () => {
  const clock = fasterClock({ now: () => performance.now(), sleep: realSleep }, startsAt, 1000);
  const shops = (['square', 'clover', 'toast', 'custom'] as const).map(chainShop);
  const tills = await startVendorTills({ shops, clock, seed: 'chain', habits: busyHabits });
  closing.push(() => tills.close());
  const receiver = await receiveWebhooks();
  closing.push(() => receiver.close());
  tills.square?.subscribe(receiver.url);
  tills.toast?.subscribe(receiver.url);
  tills.custom?.subscribe('custom-shop', receiver.url);
  let played = 0;
  const enough = Promise.withResolvers<void>();
  tills.open((action) => {
    if (action.at > clock.now()) enough.reject(new Error('something was done before its time'));
    if (++played >= 400) enough.resolve();
  });
  await Promise.race([enough.promise, tills.played]);
  for (const { id, make } of shops) {
    const { sales } = tills.tillsOf(id).books();
    expect(tills.tillsOf(id).kind).toBe(make);
    expect(sales.length).toBeGreaterThan(20);
  }
  await tills.close();
  await tills.played;
  const told = { ...tills.square?.webhooks };
  expect(told.attempts).toBeGreaterThan(20);
  expect(receiver.received.length).toBeGreaterThan(100);
});

test('what is old is forgotten, by the lists and by the books', async () => {
  const clock = steppingClock(startsAt);
  const shops = (['square', 'clover', 'toast', 'custom'] as const).map(chainShop);
  const vendors = await startVendors(shops, { clock, seed: 'old' });
  closing.push(() => vendors.close());
  for (const { id } of shops) {
    const tills = vendors.tillsOf(id);
    const old = tills.ring({ shopId: id, ticket: { lines: [latte] } });
    const changed = tills.ring({ shopId: id, ticket: { lines: [latte] } });
    clock.advance(60_000);
    tills.refund(changed.id);
    const fresh = tills.ring({ shopId: id, ticket: { lines: [latte] } });
    tills.forget(clock.now());
    expect(tills.books().sales.map((sale) => sale.id)).toEqual([changed.id, fresh.id]);
    expect(() => tills.refund(old.id)).toThrow('no sale');
    expect(() => tills.refund(fresh.id)).not.toThrow();
  }
});

test('a shop of no make is an error that names it', async () => {
  const clock = fasterClock({ now: () => performance.now(), sleep: realSleep }, startsAt, 1);
  const tills = await startVendorTills({ shops: [chainShop('clover')], clock, seed: 'one' });
  closing.push(() => tills.close());
  expect(tills.square).toBeUndefined();
  expect(() => tills.tillsOf('elsewhere')).toThrow('no shop elsewhere');
});
