import { expect, test } from 'vitest';
import { z } from 'zod';
import { launchChromium } from '../../test/harness/chromium.ts';
import { createHealth } from './health.ts';
import { createHttp, createHttpService } from './http.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

test('the documentation page shows the routes in a browser, under its policy, without asking any other server', async () => {
  const logger = createLogger({ level: 'silent' });
  const app = await createHttp({ logger, metrics: createMetrics(), health: createHealth(() => undefined) });
  const schema = { tags: ['pizza'], summary: 'Order a pizza', body: z.strictObject({ topping: z.string() }) };
  app.post('/v1/pizzas', { schema }, async () => ({ ordered: true }));
  const service = createHttpService(app, { host: '127.0.0.1', port: 0, stopTimeoutMs: 1_000 });
  await service.start();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || /Content.Security.Policy/i.test(message.text()))
        complaints.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(`${service.url()}/docs`, { waitUntil: 'networkidle' });
    await page.getByText('Order a pizza').first().click();
    await page.getByText('/v1/pizzas').first().waitFor();
    expect(complaints).toEqual([]);
    expect(asked.filter((address) => !/^(data|blob):/.test(address) && !address.startsWith(service.url()))).toEqual([]);
    expect(asked).toContain(`${service.url()}/openapi.json`);
    // Not every build of Chromium asks for it when nobody looks at the tab.
    expect((await fetch(`${service.url()}/favicon.ico`)).status).toBe(204);
  } finally {
    await browser.close();
    await service.stop();
  }
});
