// The public client's way to a vendor's sales: the seed's configuration registers the till, POSTransactionSync fetches.
import { createTillstream, POSTransactionSync, TillstreamError } from '@tillstream/client';
import { realSleep } from '@tillstream/simulators';
import { startSquare } from '@tillstream/simulators/vendors';
import { expect, onTestFinished, test } from 'vitest';
import { openShop } from '../factories/brand.ts';
import { startTestApp } from '../harness/test-app.ts';

async function openShopAtSquare() {
  const app = await startTestApp();
  onTestFinished(() => app.stop());
  const now = () => Date.now();
  const products = [{ sku: 'latte', name: 'Latte', unit: 'piece', priceCents: 450, popularity: 1 }] as const;
  const place = { timeZone: 'America/New_York', currency: 'USD', closingHour: 4 };
  const shops = [{ id: 'shop', name: 'Shop', ...place, products }];
  const square = await startSquare({ clock: { now, sleep: realSleep }, seed: 'client', shops });
  onTestFinished(() => square.close());
  const { locationId } = await openShop(app.database, { franchiseId: app.franchiseId, admin: null as never });

  return { square, locationId, options: { url: app.url, apiKey: app.ownerKey }, now };
}

test('a till is registered, its sales are fetched and counted, and what is refused is a TillstreamError', async () => {
  const { square, locationId, options, now } = await openShopAtSquare();
  const tillstream = createTillstream(options);
  const config = {
    locationId,
    systemType: 'square' as const,
    apiEndpoint: square.url,
    credentials: { apiKey: square.accessToken, secretKey: 'not-used', merchantId: square.merchantId },
    settings: { locationIds: square.externalIdOf('shop') },
    syncSettings: { enabled: true, frequencyMinutes: 60, autoSync: false },
  };
  const wrong = { ...config, credentials: { ...config.credentials, apiKey: 'wrong' } };
  await expect(tillstream.registerPOSSystem(wrong)).rejects.toMatchObject({
    code: 'pos.connection_failed',
    status: 422,
  });
  const till = await tillstream.registerPOSSystem(config);
  expect(till).toMatchObject({ hasCredentials: true, connection: { state: 'active', nextRunAt: null } });

  const ring = () =>
    square.ring({ shopId: 'shop', ticket: { lines: [{ sku: 'latte', name: 'Latte', quantity: 1_000, price: 450 }] } });
  for (let count = 0; count < 3; count++) ring();
  const sync = new POSTransactionSync(options);
  const seen: number[] = [];
  const done = await sync.syncTransactions(till.id, new Date(now() - 86_400_000), {
    pollMs: 50,
    onProgress: ({ progress }) => void seen.push(progress),
  });
  expect(done).toMatchObject({ state: 'done', created: 3, rejected: 0, reason: 'requested' });
  expect(seen.at(-1)).toBe(1);
  expect((await tillstream.listTransactions(locationId)).items).toHaveLength(3);
  expect((await tillstream.listPosSyncs(till.id)).items).toMatchObject([{ id: done.id }]);

  // What was sold in the very moment before the wish is part of it, wherever in its second that is.
  for (let count = 0; count < 3; count++) {
    ring();
    const again = await sync.syncTransactions(till.id, new Date(now() - 3_600_000), { pollMs: 50 });
    expect(again).toMatchObject({ state: 'done', created: 1 });
  }

  await tillstream.pausePosSystem(till.id);
  await expect(sync.syncTransactions(till.id)).rejects.toBeInstanceOf(TillstreamError);
  await expect(sync.startSync(till.id)).rejects.toMatchObject({ code: 'pos.not_connected', status: 409 });
});

test('a merchant lets the server in by the client, and says no to it', async () => {
  const { square, locationId, options } = await openShopAtSquare();
  const tillstream = createTillstream(options);
  const redirectUrl = 'http://127.0.0.1:4000/back';
  const wish = { system: { locationId, systemType: 'square' as const, apiEndpoint: square.url }, redirectUrl };
  const { consentUrl } = await tillstream.beginPosConsent({ ...wish, ...square.app });
  const consent = await fetch(consentUrl, { redirect: 'manual' });
  const returnedTo = consent.headers.get('location') ?? '';
  const till = await tillstream.completePosConsent(returnedTo);
  expect(till).toMatchObject({ locationId, hasCredentials: true, connection: { state: 'active' } });
  await expect(tillstream.completePosConsent(returnedTo)).rejects.toMatchObject({ code: 'pos.consent_unknown' });
  const denied = `${redirectUrl}?error=access_denied&error_description=user_denied&state=x`;
  await expect(tillstream.completePosConsent(denied)).rejects.toMatchObject({
    code: 'client.consent_denied',
    detail: 'The merchant did not agree: user_denied.',
  });
});
