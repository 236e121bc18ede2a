// The vendors that are asked: simulated ones on sockets of this process, each shop with a token of its own as if each
// belonged to another merchant, and with a few sales to be found. One takes every request and answers none.
import { type SimulatedTills, type SquareTills, startClover, startSquare } from '@tillstream/simulators/vendors';

export interface VendorTill {
  readonly systemType: 'square' | 'clover';
  readonly endpoint: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly isHanging: boolean;
}

export interface VendorsAtWork {
  readonly tills: readonly VendorTill[];
  /** From now on the silent one answers nothing. */
  fallSilent(): void;
  close(): Promise<void>;
}

/** Rung at each shop before anything is measured. */
export const salesPerShop = 3;
/**
 * And so long before: a window ends some seconds before it is read, since feeds are only eventually consistent, so that what
 * was rung within these is the next window's, and no fault of this one.
 */
const rungBeforeMs = 10 * 60_000;
const atOnce = 50;
const products = [{ sku: 'SKU-1000', name: 'Latte', unit: 'piece', priceCents: 450, popularity: 1 }] as const;

export interface Counts {
  readonly square: number;
  readonly clover: number;
  readonly silent: number;
}

export async function openVendors(counts: Counts): Promise<VendorsAtWork> {
  const hang = Promise.withResolvers<void>();
  // Grants are given to all of them at once before anything is measured, which no merchant does.
  const switches = { requestsPerSecond: 100_000 };
  const clock = new VendorClock();
  const square = await startSquare({ ...options('square', counts.square, clock), switches });
  const clover = await startClover(options('clover', counts.clover, clock));
  const silent = await startSquare({ ...options('silent', counts.silent, clock), switches });
  sell(square, namesOf('square', counts.square));
  sell(clover, namesOf('clover', counts.clover));
  clock.catchUp();
  const ofClover = namesOf('clover', counts.clover).map((shopId) => ({
    ...{ systemType: 'clover' as const, endpoint: clover.url, isHanging: false },
    credentials: { apiKey: clover.apiTokenOf(shopId) },
    settings: { merchantId: clover.externalIdOf(shopId) },
  }));
  const tills = [
    ...(await squareTills(square, namesOf('square', counts.square), false)),
    ...ofClover,
    ...(await squareTills(silent, namesOf('silent', counts.silent), true)),
  ];
  return {
    tills,
    fallSilent: () => {
      silent.trouble.hanging = hang.promise;
    },
    async close() {
      hang.resolve();
      for (const vendor of [square, clover, silent]) await vendor.close();
    },
  };
}

const namesOf = (seed: string, count: number) => Array.from({ length: count }, (_, index) => `${seed}-${index}`);

/** Runs behind while the shops sell. */
class VendorClock {
  #behindMs = rungBeforeMs;
  readonly now = (): number => Date.now() - this.#behindMs;
  readonly sleep = async (): Promise<void> => undefined;

  catchUp(): void {
    this.#behindMs = 0;
  }
}

function options(seed: string, count: number, clock: VendorClock) {
  const shop = { name: 'Shop', timeZone: 'America/New_York', currency: 'USD', closingHour: 4, products };
  return {
    clock,
    seed,
    shops: namesOf(seed, count).map((id) => ({ ...shop, id })),
  };
}

async function squareTills(square: SquareTills, names: readonly string[], isHanging: boolean): Promise<VendorTill[]> {
  const tills: VendorTill[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    const opened = names.slice(from, from + atOnce).map(async (shopId): Promise<VendorTill> => {
      const settings = { locationIds: square.externalIdOf(shopId), merchantId: square.merchantId };
      const credentials = { apiKey: await tokenFrom(square) };
      return { systemType: 'square', endpoint: square.url, isHanging, credentials, settings };
    });
    tills.push(...(await Promise.all(opened)));
  }
  return tills;
}

/** A grant of its own, as a merchant's consent gives it. */
async function tokenFrom({ url, app }: SquareTills): Promise<string> {
  const consent = await fetch(`${url}/oauth2/authorize?client_id=${app.clientId}`, { redirect: 'manual' });
  const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code');
  const grant = { client_id: app.clientId, client_secret: app.clientSecret, grant_type: 'authorization_code', code };
  const answer = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(grant),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

function sell(vendor: SimulatedTills, names: readonly string[]): void {
  for (const shopId of names) {
    for (let count = 0; count < salesPerShop; count++) {
      vendor.ring({ shopId, ticket: { lines: [{ sku: 'SKU-1000', name: 'Latte', quantity: 1_000, price: 450 }] } });
    }
  }
}
