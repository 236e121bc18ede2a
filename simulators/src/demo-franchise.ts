// The demo's franchise: a coffee-and-bakery brand, two franchisees and six shops around the world, with what they sell
// and stock. Data only: the server seeds it, the shoppers buy from it.

import type { Product, Shop } from './sale.ts';

export interface DemoProduct extends Product {
  readonly costCents: number;
  /** Per shop, in the product's unit; demo-shelves.ts says what there is when the demo opens. */
  readonly reorderLevel: number;
  readonly maxStockLevel: number;
}

export interface DemoShop {
  readonly name: string;
  readonly franchisee: string;
  readonly timeZone: string;
  /** The hour at which the business date changes. */
  readonly closingHour: number;
  readonly shoppers: Pick<Shop, 'opensAt' | 'closesAt' | 'alwaysOpen' | 'salesPerDay'>;
}

export interface DemoFranchise {
  readonly name: string;
  /** One for the whole brand, so that its shops' sales can be added up on one screen. */
  readonly currency: string;
  readonly franchisees: readonly { readonly name: string }[];
  readonly shops: readonly DemoShop[];
  readonly products: readonly DemoProduct[];
}

type Row = readonly [
  sku: string,
  name: string,
  priceCents: number,
  costCents: number,
  popularity: number,
  maxStockLevel: number,
];

const drinks: readonly Row[] = [
  ['ESP-1', 'Espresso', 280, 45, 0.9, 260],
  ['ESP-2', 'Double espresso', 340, 70, 0.6, 180],
  ['CAP-R', 'Cappuccino', 420, 85, 1.2, 320],
  ['LAT-R', 'Latte', 450, 95, 1.3, 340],
  ['FLW-R', 'Flat white', 440, 90, 1.1, 300],
  ['AME-R', 'Americano', 360, 55, 1, 280],
  ['FIL-R', 'Filter coffee', 320, 40, 1.2, 320],
  ['CBR-R', 'Cold brew', 480, 80, 0.7, 190],
  ['MOC-R', 'Mocha', 490, 120, 0.6, 170],
  ['HCH-R', 'Hot chocolate', 430, 110, 0.5, 150],
  ['TEA-B', 'Breakfast tea', 300, 30, 0.6, 180],
  ['TEA-G', 'Green tea', 310, 35, 0.5, 150],
  ['CHA-R', 'Chai latte', 470, 100, 0.6, 170],
  ['OJU-R', 'Fresh orange juice', 520, 190, 0.5, 120],
];

const bakery: readonly Row[] = [
  ['CRO-1', 'Butter croissant', 340, 110, 1.2, 160],
  ['CRO-A', 'Almond croissant', 420, 150, 0.7, 100],
  ['PAC-1', 'Pain au chocolat', 380, 130, 0.8, 110],
  ['CIN-1', 'Cinnamon roll', 410, 120, 0.8, 110],
  ['MUF-B', 'Blueberry muffin', 390, 115, 0.6, 90],
  ['BAN-1', 'Banana bread', 400, 105, 0.5, 80],
  ['BAG-1', 'Bagel with cream cheese', 560, 180, 0.5, 80],
  ['COO-C', 'Chocolate cookie', 290, 70, 0.9, 140],
];

const retail: readonly Row[] = [
  ['MUG-1', 'House mug', 1400, 520, 0.06, 24],
  ['BNS-H', 'House blend beans', 2800, 1240, 0.12, 18],
];

const byWeight = new Set(['BNS-H']);

function product([sku, name, priceCents, costCents, popularity, maxStockLevel]: Row): DemoProduct {
  return {
    sku,
    name,
    unit: byWeight.has(sku) ? 'kg' : 'piece',
    priceCents,
    costCents,
    popularity,
    reorderLevel: Math.round(maxStockLevel * 0.3),
    maxStockLevel,
  };
}

const northside = 'Northside Coffee Partners';
const harbour = 'Harbour Cafés';

function shop([name, franchisee, timeZone, salesPerDay]: ShopRow): DemoShop {
  const shoppers = { opensAt: '06:00', closesAt: '20:00', alwaysOpen: true, salesPerDay } as const;
  return { name, franchisee, timeZone, closingHour: 4, shoppers };
}

type ShopRow = readonly [name: string, franchisee: string, timeZone: string, salesPerDay: number];

const shops: readonly ShopRow[] = [
  ['Union Square', northside, 'America/New_York', 900],
  ['Wicker Park', northside, 'America/Chicago', 650],
  ['Mission Street', northside, 'America/Los_Angeles', 750],
  ['Soho', harbour, 'Europe/London', 800],
  ['Jordaan', harbour, 'Europe/Amsterdam', 550],
  ['Circular Quay', harbour, 'Australia/Sydney', 700],
];

/** The catalogue and the shops of the demo. The shops never close: whoever starts the demo at night must see life. */
export const demoFranchise: DemoFranchise = {
  name: 'Copper Kettle',
  currency: 'USD',
  franchisees: [{ name: northside }, { name: harbour }],
  shops: shops.map(shop),
  products: [...drinks, ...bakery, ...retail].map(product),
};
