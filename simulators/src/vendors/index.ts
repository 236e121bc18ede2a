// The door of the simulated vendors: Square, Clover, Toast and a till of nobody's make as HTTP servers on localhost, each
// with its shops, its faults and its own books. What is not known for certain about a vendor is a switch.

export type { BookedRefund, BookedSale, DayTotal, SimBooks } from './books.ts';
export type { CloverApp } from './clover/oauth.ts';
export type { CloverTills } from './clover/start-clover.ts';
export { startClover } from './clover/start-clover.ts';
export type { CloverSwitches } from './clover/switches.ts';
export { cloverSwitches } from './clover/switches.ts';
export { signCustom } from './custom/feed.ts';
export type { CustomTills } from './custom/start-custom-till.ts';
export { startCustomTill } from './custom/start-custom-till.ts';
export type { CustomSwitches } from './custom/switches.ts';
export { customSwitches } from './custom/switches.ts';
export { fasterClock } from './faster-clock.ts';
export type { TillHabits } from './habits.ts';
export { busyHabits, sameDayHabits, usualHabits } from './habits.ts';
export type { TillPlay } from './play-tills.ts';
export { createPerformer, playTills } from './play-tills.ts';
export type { MavenSales, MavenShop } from './read-maven.ts';
export { hasMavenFiles, readMavenProducts, readMavenSales } from './read-maven.ts';
export type { ShopFloor } from './shop-floor.ts';
export { shopFloor } from './shop-floor.ts';
export type { RungReturn, RungSale, SimulatedTills, VendorKind } from './simulated-tills.ts';
export type { SquareApp } from './square/oauth.ts';
export type { SquareTills } from './square/start-square.ts';
export { startSquare } from './square/start-square.ts';
export type { SquareSwitches } from './square/switches.ts';
export { squareSwitches } from './square/switches.ts';
export { signSquare } from './square/webhooks.ts';
export type {
  ChainOptions,
  ChainShop,
  ChainSwitches,
  Vendors,
  VendorTills,
  VendorTillsOptions,
} from './start-vendor-tills.ts';
export { startVendors, startVendorTills } from './start-vendor-tills.ts';
export type { Tender, Ticket, TicketLine, TicketModifier } from './ticket.ts';
export { priceTicket } from './ticket.ts';
export type { RefundOf, TillAction } from './till-actions.ts';
export type { CreditNote, Edit, Exchange, Ring, TakeBack } from './tills.ts';
export type { ToastTills } from './toast/start-toast.ts';
export { startToast } from './toast/start-toast.ts';
export type { ToastSwitches } from './toast/switches.ts';
export type { Trouble } from './trouble.ts';
export type { VendorOptions } from './vendor-options.ts';
export type { VendorShop } from './vendor-shop.ts';
export { businessDateOf, minorDigits } from './vendor-shop.ts';
export type { WebhookCounters } from './webhook-sender.ts';
