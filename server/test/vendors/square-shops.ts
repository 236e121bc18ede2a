// Shops of a simulated Square, registered with the server as their people would: what the tests of polling, webhooks and
// days stand on. Square's clock is the server's, moved by the test.
import { createHash } from 'node:crypto';
import type { SquareTills, Trouble } from '../../../simulators/src/vendors/index.ts';
import { startSquare } from '../../../simulators/src/vendors/index.ts';
import { addProducts, openShop } from '../factories/brand.ts';
import type { PosServer } from '../factories/pos-server.ts';
import { eventually } from '../harness/eventually.ts';

export interface VendorTill {
  /** The vendor's name for the shop. */
  readonly shopId: string;
  readonly locationId: string;
  readonly posSystemId: string;
}

export interface SquareShops {
  readonly square: SquareTills;
  readonly tills: readonly VendorTill[];
  readonly till: VendorTill;
  /** Makes the till due and resolves when its run has ended; answers its row. */
  run(till?: VendorTill): Promise<Record<string, unknown>>;
  sell(shopId: string, sku?: string): string;
  close(): Promise<void>;
}

const products = [
  { sku: 'latte', name: 'Latte', unit: 'piece', priceCents: 450, popularity: 1 },
  { sku: 'scone', name: 'Scone', unit: 'piece', priceCents: 325, popularity: 1 },
] as const;

export interface SquareShopsOptions {
  readonly shops?: number;
  readonly trouble?: Trouble;
  /** What a till is registered with; the account's own token by default. */
  readonly credentialsOf?: (square: SquareTills) => object | Promise<object>;
}

const personalToken = ({ accessToken }: SquareTills) => ({ apiKey: accessToken });

export async function openSquareShops(
  server: PosServer,
  { shops = 1, trouble = {}, credentialsOf = personalToken }: SquareShopsOptions = {},
): Promise<SquareShops> {
  const names = Array.from({ length: shops }, (_, index) => `shop-${index + 1}`);
  const square = await startSquare({
    clock: { now: () => server.clock.now().getTime(), sleep: async () => undefined },
    seed: `seed-${server.database.name}`,
    shops: names.map((id) => ({
      ...{ id, name: id, timeZone: 'America/New_York', currency: 'USD', closingHour: 4, products },
    })),
    trouble,
    switches: { requestsPerSecond: 10_000 },
  });
  await addProducts(server.database, server.brand, ['latte', 'scone']).catch(() => undefined);
  const tills: VendorTill[] = [];
  for (const shopId of names) {
    tills.push(await registerTill(server, square, { shopId, credentials: await credentialsOf(square) }));
  }
  const [till] = tills;
  if (till === undefined) throw new Error('There must be at least one shop');
  return {
    square,
    tills,
    till,
    run: (which = till) => runTill(server, which),
    sell: (shopId, sku = 'latte') =>
      square.ring({
        shopId,
        ticket: { lines: [{ sku, name: sku, quantity: 1_000, price: sku === 'latte' ? 450 : 325 }] },
      }).id,
    close: () => square.close(),
  };
}

async function registerTill(
  server: PosServer,
  square: SquareTills,
  { shopId, credentials }: { shopId: string; credentials: object },
): Promise<VendorTill> {
  const shop = await openShop(server.database, server.brand, { name: shopId });
  const wanted = {
    body: {
      locationId: shop.locationId,
      systemType: 'square',
      apiEndpoint: square.url,
      credentials,
      settings: { locationIds: square.externalIdOf(shopId), merchantId: square.merchantId },
      // An hour: nothing is due by itself within a test.
      syncSettings: { enabled: true, autoSync: true, frequencyMinutes: 60 },
    },
  };
  const register = () => server.call('POST', '/v1/pos-systems', wanted);
  let { status, body } = await register();
  // A person is not kept waiting for long, which a machine with much else to do may take to load Square's client.
  for (let again = 0; again < 5 && body['code'] === 'pos.connection_failed'; again++)
    ({ status, body } = await register());
  if (status !== 201) throw new Error(`The till was refused: ${JSON.stringify(body)}`);
  return { shopId, locationId: shop.locationId, posSystemId: String(body['id']) };
}

async function runTill(server: PosServer, { posSystemId }: VendorTill): Promise<Record<string, unknown>> {
  const [before] = await server.database.rows(
    `update pos_connections set next_poll_at = clock_timestamp(), failures_in_row = 0
     where pos_system_id = $1 returning clock_timestamp() as at`,
    [posSystemId],
  );
  server.pos.poller.wake();
  return eventually(async () => {
    const [row] = await server.database.rows('select * from pos_connections where pos_system_id = $1', [posSystemId]);
    if (row === undefined || row['lease_holder'] !== null || row['started_at'] < before?.['at']) {
      throw new Error(`The run has not ended: ${JSON.stringify(row)}`);
    }
    return row;
  });
}

/** The fields of an OAuth grant of a public client, whose refresh token works once; as a merchant's consent gives them. */
export async function grantOf(square: SquareTills): Promise<Record<string, string>> {
  const verifier = 'a-verifier-of-at-least-forty-three-characters-x';
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const { clientId } = square.app;
  const query = new URLSearchParams({ client_id: clientId, code_challenge: challenge });
  const consent = await fetch(`${square.url}/oauth2/authorize?${query}`, { redirect: 'manual' });
  const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code');
  const answer = await fetch(`${square.url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, grant_type: 'authorization_code', code, code_verifier: verifier }),
  });
  const granted = (await answer.json()) as Record<string, string>;
  return { apiKey: granted['access_token'] ?? '', refreshToken: granted['refresh_token'] ?? '', clientId };
}
