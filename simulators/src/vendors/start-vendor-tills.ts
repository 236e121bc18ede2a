// A chain whose shops have tills of different makes, with people buying in them: every make is started that a shop asks
// for, and endless sales are played through them.

import type { Clock } from '../clock.ts';
import { endlessSales } from '../endless-sales.ts';
import type { Shop } from '../sale.ts';
import { type CloverTills, startClover } from './clover/start-clover.ts';
import type { CloverSwitches } from './clover/switches.ts';
import { type CustomTills, startCustomTill } from './custom/start-custom-till.ts';
import type { CustomSwitches } from './custom/switches.ts';
import { sameDayHabits, type TillHabits } from './habits.ts';
import { playTills } from './play-tills.ts';
import { shopFloor } from './shop-floor.ts';
import type { SimulatedTills, VendorKind } from './simulated-tills.ts';
import { type SquareTills, startSquare } from './square/start-square.ts';
import type { SquareSwitches } from './square/switches.ts';
import type { TillAction } from './till-actions.ts';
import { startToast, type ToastTills } from './toast/start-toast.ts';
import type { ToastSwitches } from './toast/switches.ts';
import type { Trouble } from './trouble.ts';
import type { VendorOptions } from './vendor-options.ts';
import type { VendorShop } from './vendor-shop.ts';

export interface ChainShop extends VendorShop {
  readonly make: VendorKind;
  readonly shoppers: Pick<Shop, 'opensAt' | 'closesAt' | 'alwaysOpen' | 'salesPerDay'>;
}

export interface VendorTillsOptions {
  readonly shops: readonly ChainShop[];
  readonly clock: Clock;
  readonly seed: string;
  /** For each make; none if left out. */
  readonly trouble?: Trouble;
  readonly switches?: ChainSwitches;
  /** Nothing that happens days after a sale, if left out. Those that do need a `keepMs` of five days. */
  readonly habits?: TillHabits;
  /** How long the vendors remember what has not changed; a little more than a day if left out. */
  readonly keepMs?: number;
  /** Times the usual rate of sales. */
  readonly busyness?: number;
}

/** The makes that the shops have; a make without a shop is not started. */
export interface Vendors {
  readonly square?: SquareTills;
  readonly clover?: CloverTills;
  readonly toast?: ToastTills;
  readonly custom?: CustomTills;
  tillsOf(shopId: string): SimulatedTills;
  close(): Promise<void>;
}

export interface VendorTills extends Vendors {
  /** Begins to sell, for ever; once. */
  open(onPlayed?: (action: TillAction) => void): void;
  /** Rejects if the play failed. Ended by `close`. */
  readonly played: Promise<void>;
}

/** How the unknown is taken to be at each make. */
export interface ChainSwitches {
  readonly square?: Partial<SquareSwitches>;
  readonly clover?: Partial<CloverSwitches>;
  readonly toast?: Partial<ToastSwitches>;
  readonly custom?: Partial<CustomSwitches>;
}

export interface ChainOptions extends Pick<VendorOptions<object>, 'clock' | 'seed' | 'trouble'> {
  readonly switches?: ChainSwitches;
}

/** Starts the vendors of the shops, without any sales. */
export async function startVendors(
  shops: readonly (VendorShop & { readonly make: VendorKind })[],
  options: ChainOptions,
): Promise<Vendors> {
  const { clock, seed, trouble = {}, switches = {} } = options;
  const given = (make: VendorKind) => {
    const ofMake = shops.filter((shop) => shop.make === make);
    // Each has its own copy of the trouble, so that one vendor can be calmed alone.
    return { clock, trouble: { ...trouble }, seed: `${seed}-${make}`, shops: ofMake };
  };
  const has = (make: VendorKind) => shops.some((shop) => shop.make === make);
  const square = has('square') ? await startSquare({ ...given('square'), ...switchesOf(switches.square) }) : undefined;
  const clover = has('clover') ? await startClover({ ...given('clover'), ...switchesOf(switches.clover) }) : undefined;
  const toast = has('toast') ? await startToast({ ...given('toast'), ...switchesOf(switches.toast) }) : undefined;
  const custom = has('custom')
    ? await startCustomTill({ ...given('custom'), ...switchesOf(switches.custom) })
    : undefined;
  const makes = { square, clover, toast, custom };
  const started = Object.values(makes).filter((each) => each !== undefined);
  return {
    ...(square ? { square } : {}),
    ...(clover ? { clover } : {}),
    ...(toast ? { toast } : {}),
    ...(custom ? { custom } : {}),
    tillsOf(shopId) {
      const make = shops.find(({ id }) => id === shopId)?.make;
      const found = make && makes[make];
      if (!found) throw new Error(`no shop ${shopId} in this chain`);
      return found;
    },
    async close() {
      for (const tills of started) await tills.close();
    },
  };
}

const switchesOf = <Switches>(switches: Switches | undefined) => (switches === undefined ? {} : { switches });

/** Starts the vendors and, once `open` is called, plays endless sales through them until `close`. */
export async function startVendorTills(options: VendorTillsOptions): Promise<VendorTills> {
  const { clock, seed, shops } = options;
  const vendors = await startVendors(shops, options);
  const stopping = new AbortController();
  const over = Promise.withResolvers<void>();
  let isOpen = false;
  // Nobody may be listening yet when the play fails.
  over.promise.catch(() => undefined);
  return {
    ...vendors,
    played: over.promise,
    open(onPlayed) {
      if (isOpen) return;
      isOpen = true;
      const sales = endlessSales({
        seed,
        shops: shops.map(({ shoppers, ...shop }) => ({ ...shop, ...shoppers, posSystemId: shop.id })),
        products: productsOf(shops),
        now: () => clock.now(),
        busyness: options.busyness ?? 1,
        takeBacks: { voidRate: 0, refundRate: 0 },
      });
      const actions = shopFloor({ seed, shops, sales, habits: options.habits ?? sameDayHabits });
      const forget = forgetHourly(vendors, options.keepMs ?? keepMsDefault);
      const play = {
        actions,
        tillsOf: vendors.tillsOf,
        clock,
        signal: stopping.signal,
        onPlayed(action: TillAction) {
          forget(clock.now());
          onPlayed?.(action);
        },
      };
      playTills(play).then(() => over.resolve(), over.reject);
    },
    async close() {
      stopping.abort();
      if (isOpen) await over.promise.catch(() => undefined);
      await vendors.close();
    },
  };
}

const hourMs = 3_600_000;

// A day, and the time by which an offline till may be late.
const keepMsDefault = 46 * hourMs;

function forgetHourly(vendors: Vendors, keepMs: number): (now: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (now) => {
    if (now - last < hourMs) return;
    last = now;
    for (const tills of [vendors.square, vendors.clover, vendors.toast, vendors.custom]) tills?.forget(now - keepMs);
  };
}

/** What the chain sells: every shop of a chain has the same products. */
function productsOf(shops: readonly ChainShop[]): VendorShop['products'] {
  return [...new Map(shops.flatMap(({ products }) => products).map((product) => [product.sku, product])).values()];
}
