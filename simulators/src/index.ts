// The door of @tillstream/simulators: shoppers who buy at any number of shops, for the demo, for tests and for
// measuring. Generation is pure and repeatable by seed; only playShoppers touches the world, through its ports.

export type { Clock } from './clock.ts';
export { realSleep } from './clock.ts';
export type { DemoFranchise, DemoProduct, DemoShop } from './demo-franchise.ts';
export { demoFranchise } from './demo-franchise.ts';
export type { DemoShelves, OpeningStocks } from './demo-shelves.ts';
export { openingStocks } from './demo-shelves.ts';
export type { EndlessSales } from './endless-sales.ts';
export { endlessSales } from './endless-sales.ts';
export type { Day } from './generate-day.ts';
export { generateDay } from './generate-day.ts';
export { instantOf, wallClock } from './local-time.ts';
export type { Play, Progress } from './play-shoppers.ts';
export { playShoppers } from './play-shoppers.ts';
export type { Random } from './random.ts';
export { randomFor } from './random.ts';
export type { Product, Sale, SaleLine, Shop, TillSale } from './sale.ts';
export { cents, saleLine, thousandths, totalOf } from './sale.ts';
export { sendThrough } from './send-through.ts';
export type { Restock, Shelf, ShelfKeeper } from './shelf-keeper.ts';
export { createShelfKeeper } from './shelf-keeper.ts';
export type { TakeBackRates } from './take-back.ts';
export { takeBack, usualTakeBacks } from './take-back.ts';
export type { Send, SendResult } from './till.ts';
