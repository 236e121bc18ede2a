// A vendor's server that says what a test wants it to say: for answers that no simulated vendor gives.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openShop } from '../factories/brand.ts';
import type { PosServer } from '../factories/pos-server.ts';
import { eventually } from '../harness/eventually.ts';

export interface StubRequest {
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly send: (status: number, body: unknown, headers?: Record<string, string>) => void;
}

/** True where it has answered. */
export type StubAnswer = (asked: StubRequest) => boolean | Promise<boolean>;

export async function startStub(answers: readonly StubAnswer[]) {
  const asked: URL[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    asked.push(url);
    const send: StubRequest['send'] = (status, body, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    request.resume().on('end', async () => {
      for (const answer of answers) if (await answer({ url, request, send })) return;
      send(404, {});
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** A till by the pull contract that sells nothing; what a test wants to say goes before. */
export const quietCustom: StubAnswer = ({ url, send }) => {
  const place = { name: 'S', timeZone: 'America/New_York', currency: 'USD' };
  if (url.pathname === '/store') send(200, { storeId: 'store-9', ...place });
  else send(200, { items: [], next: 'e', hasMore: false });
  return true;
};

export const quietClover: StubAnswer = ({ url, send }) => {
  if (url.pathname.endsWith('/MID')) send(200, { id: 'MID', name: 'm' });
  else if (url.pathname.endsWith('/properties')) send(200, { defaultCurrency: 'USD', timezone: 'America/New_York' });
  else send(200, { elements: [] });
  return true;
};

export const restaurant = 'f9ceeb2b-a9dc-43ec-a37e-be69fc6775e1';

export const quietToast: StubAnswer = ({ url, send }) => {
  const general = { name: 'R', timeZone: 'America/New_York', currencyCode: 'USD' };
  if (url.pathname.endsWith('/login'))
    send(200, { token: { accessToken: 'AT', expiresIn: 86_400 }, status: 'SUCCESS' });
  else if (url.pathname.startsWith('/restaurants')) send(200, { guid: restaurant, general });
  else if (url.pathname.endsWith('/metadata')) send(200, { lastUpdated: '2026-01-01T00:00:00.000+0000' });
  else if (url.pathname.startsWith('/menus')) send(200, { menus: [] });
  else send(200, []);
  return true;
};

const wishes = {
  custom: { credentials: { apiKey: 'key-of-the-till' }, settings: { storeId: 'store-9' } },
  clover: { credentials: { apiKey: 'key-of-the-till' }, settings: { merchantId: 'MID' } },
  toast: {
    credentials: { apiKey: 'client-of-the-till', secretKey: 'secret-of-the-till' },
    settings: { restaurantGuid: restaurant },
  },
} as const;

export interface StubTill {
  readonly locationId: string;
  readonly posSystemId: string;
}

/** Registers a till at a stub and waits for its first run to end well. */
export async function registerAt(server: PosServer, make: keyof typeof wishes, url: string): Promise<StubTill> {
  const { locationId } = await openShop(server.database, server.brand, { name: `At ${url}` });
  const { status, body } = await server.call('POST', '/v1/pos-systems', {
    body: {
      ...{ locationId, systemType: make, apiEndpoint: url, ...wishes[make] },
      syncSettings: { enabled: true, autoSync: true, frequencyMinutes: 60 },
    },
  });
  if (status !== 201) throw new Error(`The till was refused: ${JSON.stringify(body)}`);
  return { locationId, posSystemId: String(body['id']) };
}

/** Makes the till due and resolves when a run that began since has ended; answers its row. */
export async function runStubTill(server: PosServer, { posSystemId }: StubTill): Promise<Record<string, unknown>> {
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

/** A sale of one product as a till by the pull contract tells it. */
export function soldAt(time: Date, externalId: string, part: object = {}) {
  const at = time.toISOString();
  return {
    ...{ externalId, version: 1, storeId: 'store-9', status: 'completed', openedAt: at, recordedAt: at },
    ...{ currency: 'USD', lines: [{ name: 'A', sku: 'tea', quantity: 1, total: '3.00' }] },
    ...{ payments: [{ method: 'cash', amount: '3.00' }], totals: { total: '3.00' } },
    ...part,
  };
}

/** A page of a feed by the pull contract; `after` where there is more. */
export function page(items: readonly object[], after: string | null = null) {
  return { items, next: after ?? 'e', hasMore: after !== null };
}

/** A paid order of Toast. */
export function orderAt(time: Date, n: number) {
  const at = time.toISOString().replace('Z', '+0000');
  return {
    guid: `${String(n).padStart(8, '0')}-a9dc-43ec-a37e-be69fc6775e1`,
    ...{ openedDate: at, createdDate: at, modifiedDate: at, businessDate: 20_260_308 },
    checks: [
      {
        ...{ guid: `c${n}`, amount: 3, taxAmount: 0, totalAmount: 3, paymentStatus: 'CLOSED' },
        selections: [{ guid: `s${n}`, displayName: 'A', quantity: 1, preDiscountPrice: 3, price: 3 }],
        payments: [{ guid: `p${n}`, type: 'CASH', amount: 3, tipAmount: 0, paymentStatus: 'CAPTURED' }],
      },
    ],
  };
}
