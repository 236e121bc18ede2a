// The page in a real browser, on the real server: a sale and an alert arrive while one looks at it, and whoever uses a
// screen reader or a keyboard is not left out.
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../harness/chromium.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { type Connection, openConnection } from './connections.ts';
import { made } from './stand-up.ts';

// Between the first byte of the till's request and the sale on the screen, in ms.

const openingStock = 12;
const reorderLevel = 5;

let app: TestApp;
let owner: Connection;
let browser: Browser;
let page: Page;
let shop: { locationId: string; productId: string; posSystemId: string };
const loads: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  app = await startTestApp();
  owner = openConnection(app.url, app.ownerKey);
  shop = await openShop();
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('load', () => loads.push(page.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The sign-in page asks whether this server plays the demo; the browser reports the "no" as an error.
    const isDemoQuestion = message.location().url === `${app.url}/v1/demo`;
    if (message.type() === 'error' && !isDemoQuestion) complaints.push(message.text());
  });
  const answer = await page.goto(app.url);
  expect(answer?.status(), await answer?.text()).toBe(200);
});

afterAll(async () => {
  await browser?.close();
  owner?.close();
  await app?.stop();
});

async function openShop() {
  const location = await made(owner, '/v1/locations', {
    name: 'Corner',
    timeZone: 'America/New_York',
    currency: 'USD',
  });
  const locationId = location.id;
  const till = await made(owner, '/v1/pos-systems', { locationId, systemType: 'custom', name: 'Till' });
  const product = { sku: 'FLW-R', name: 'Flat white', unit: 'piece', price: 4.4, currency: 'USD' };
  const { id: productId } = await made(owner, '/v1/products', product);
  await made(owner, '/v1/inventory-items', { locationId, productId, reorderLevel, maxStockLevel: 40 });
  await made(owner, '/v1/inventory/adjustments', { locationId, productId, type: 'in', quantity: openingStock });
  return { locationId, productId, posSystemId: till.id };
}

let sales = 0;

/** Rings up flat whites now, and resolves with the sale's id once the till has its answer. */
async function sell(quantity: number): Promise<string> {
  const total = Math.round(quantity * 440) / 100;
  const sale = {
    externalId: `receipt ${++sales}`,
    occurredAt: new Date(performance.timeOrigin + performance.now()).toISOString(),
    total,
    currency: 'USD',
    lines: [{ sku: 'FLW-R', quantity, unitPrice: 4.4, total }],
  };
  const { status, body } = await owner.post(`/v1/pos-systems/${shop.posSystemId}/transactions`, {
    transactions: [sale],
  });
  expect(status, JSON.stringify(body)).toBe(200);
  const [result] = (body as { results: { status: string; transactionId: string }[] }).results;
  expect(result?.status).toBe('created');
  return result?.transactionId ?? '';
}

async function expectAccessible(): Promise<void> {
  // Evaluated, not added as a script tag, which the page's own policy would rightly refuse.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<Pick<axe.AxeResults, 'violations'>>('axe.run(document)');
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

test('the way in is accessible, and leads to the live page', async () => {
  await page.getByLabel('Access token or API key').waitFor();
  await expectAccessible();
  await page.getByLabel('Access token or API key').fill(app.ownerToken);
  await page.getByTestId('credential-submit').click();
  await page.locator('[data-testid=connection-state][data-state=live]').waitFor();
  await page.locator('[data-testid=stock-row]').first().waitFor();
  expect(await page.getByTestId('data-age').textContent()).toMatch(/ago$/);
});

// How fast is measured by `npm run bench -- till-to-screen`; a machine that runs other tests beside this one may be slow.
test('a sale comes to the screen by itself, and so does its stock', async () => {
  for (let n = 1; n <= 5; n++) {
    const id = await sell(1);
    await page.locator(`[data-testid=ticker-item][data-transaction-id="${id}"]`).waitFor();
    await page.locator(`[data-testid=stock-row][data-current-stock="${openingStock - n}"]`).waitFor();
    await page.locator('[data-testid=figure-count]', { hasText: String(n) }).waitFor();
  }
  expect(await page.getByTestId('figure-revenue').textContent()).toContain('22.00');
});

test('an alert arrives by itself, and is resolved by a delivery', async () => {
  expect(await page.getByTestId('alert-item').count()).toBe(0);
  await sell(openingStock - 5 - reorderLevel);
  await page.locator('[data-testid=alert-item][data-state=open]', { hasText: 'Flat white' }).waitFor();
  expect(await page.getByTestId('alerts-open').textContent()).toBe('1 open');
  const { locationId, productId } = shop;
  await made(owner, '/v1/inventory/adjustments', { locationId, productId, type: 'in', quantity: 20 });
  await page.locator('[data-testid=alert-item][data-state=resolved]').waitFor();
});

test.each(['light', 'dark'])('the live page is accessible in %s colours', async (scheme) => {
  if (scheme === 'dark') await page.getByLabel('Use dark colours').click();
  await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
  await expectAccessible();
});

test('nothing of this needed a reload, and the browser had nothing to complain about', () => {
  expect(loads).toHaveLength(1);
  expect(complaints).toEqual([]);
});
