// Shops at a vendor for this package's tests, and what people buy there.

import { demoFranchise } from '../src/demo-franchise.ts';
import type { TicketLine } from '../src/vendors/ticket.ts';
import type { VendorShop } from '../src/vendors/vendor-shop.ts';

/** 8.875 %, New York's. */
export const newYorkTax = 887_500;

export function vendorShop(overrides: Partial<VendorShop> = {}): VendorShop {
  return {
    id: 'shop-1',
    name: 'Union Square',
    timeZone: 'America/New_York',
    currency: 'USD',
    closingHour: 4,
    products: demoFranchise.products,
    taxRate: newYorkTax,
    ...overrides,
  };
}

export const latte: TicketLine = { sku: 'LAT-R', name: 'Latte', quantity: 1000, price: 450 };
export const twoCroissants: TicketLine = { sku: 'CRO-1', name: 'Butter croissant', quantity: 2000, price: 340 };
export const beans: TicketLine = {
  sku: 'BNS-H',
  name: 'House blend beans',
  quantity: 250,
  price: 2800,
  byWeight: true,
};
export const noon = Date.parse('2026-03-06T17:00:00Z');
