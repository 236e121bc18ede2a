/** A simulated vendor on a clock that a test moves, with what a connector needs to read its shops. */
import { demoFranchise } from '@tillstream/simulators';
import type { SimulatedTills, VendorOptions, VendorShop } from '@tillstream/simulators/vendors';
import type { Connection, ConnectionFields, Connector } from '../../src/domains/pos/connectors/connector.ts';
import { VendorFailure } from '../../src/domains/pos/connectors/vendor-failure.ts';
import { MemoryBooks } from './memory-books.ts';

export interface Make<Tills extends SimulatedTills, Switches> {
  readonly connector: Connector;
  readonly start: (options: VendorOptions<Switches>) => Promise<Tills>;
  /** What is open about the vendor: each switch in each of its positions is run once. */
  readonly positions: readonly Partial<Switches>[];
  /** The ways in which it says that it was asked too often. */
  readonly limits?: readonly Partial<Switches>[];
  /** Where each shop has its own. */
  readonly endpoint?: (tills: Tills, shopId: string) => string;
  /** Whether money given back without a sale can be read at all in this position. */
  readonly canReadCredits?: (switches: Partial<Switches>) => boolean;
  readonly connect: (tills: Tills, shopId: string) => { credentials: ConnectionFields; settings: ConnectionFields };
}

export const noon = Date.parse('2026-03-06T17:00:00Z');
export const minute = 60_000;

export const shops: readonly VendorShop[] = [
  {
    id: 'shop-1',
    name: 'Union Square',
    timeZone: 'America/New_York',
    currency: 'USD',
    closingHour: 4,
    products: demoFranchise.products,
    taxRate: 887_500,
  },
  {
    id: 'shop-2',
    name: 'Prinsengracht',
    timeZone: 'Europe/Amsterdam',
    currency: 'EUR',
    closingHour: 0,
    products: demoFranchise.products,
  },
];

/** A clock of the simulator's kind that a test moves; who sleeps on it wakes when his time has come. */
export function movingClock(startsAt: number) {
  let instant = startsAt;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  return {
    now: () => instant,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((wake) => {
        const sleeper = { until: instant + ms, wake };
        if (ms <= 0 || signal.aborted) return wake();
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => sleepers.delete(sleeper) && wake(), { once: true });
      }),
    advance(ms: number) {
      instant += ms;
      for (const sleeper of [...sleepers].filter(({ until }) => until <= instant)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

export async function standUp<Tills extends SimulatedTills, Switches>(
  make: Make<Tills, Switches>,
  options: Partial<VendorOptions<Switches>> = {},
) {
  const clock = movingClock(noon);
  const tills = await make.start({ clock, seed: 'conformance', shops, ...options });
  const renewed = new Map<string, ConnectionFields>();
  const connectionOf = (shopId: string): Connection => ({
    endpoint: make.endpoint?.(tills, shopId) ?? tills.url,
    ...make.connect(tills, shopId),
    fetch: async (url, init) => {
      try {
        const response = await fetch(url, init);
        // Time passes while one waits for a limit; the trouble of a test is not waited out.
        const isLimit = response.status === 429 && (tills.trouble.rateLimited ?? 0) === 0;
        if (response.status === 429) clock.advance(1000);
        if (!isLimit) return response;
        return await fetch(url, init);
      } catch (error) {
        throw new VendorFailure('unavailable', 'The connection broke.', { cause: error });
      }
    },
    now: () => new Date(clock.now()),
    signal: new AbortController().signal,
  });
  const booksOf = async (shopId: string): Promise<MemoryBooks> => {
    const shop = (options.shops ?? shops).find(({ id }) => id === shopId) as VendorShop;
    let connection = connectionOf(shopId);
    const { tokens } = make.connector;
    const known = renewed.get(shopId);
    if (known !== undefined) connection = { ...connection, credentials: known };
    const renewAt = tokens?.renewAt(connection.credentials);
    if (tokens && renewAt && renewAt <= connection.now()) {
      connection = { ...connection, credentials: await tokens.renew(connection) };
      renewed.set(shopId, connection.credentials);
    }
    const books = new MemoryBooks(make.connector, connection, shop);
    await books.readCatalogue(null);
    return books;
  };
  return { clock, tills, connectionOf, booksOf };
}
