// The package as a stranger gets it: packed, installed into an empty project, and its README's examples run there as they
// stand, against a server with the demo on.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Demo, startDemo } from '../../server/src/demo/index.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { launchChromium } from '../../server/test/harness/chromium.ts';
import { startTestApp, type TestApp } from '../../server/test/harness/test-app.ts';
import { openShop } from './open-shop.ts';
import type { Tried, Wish } from './try-in-browser.ts';

const run = promisify(execFile);
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n(\/\/ (.+?)[.:].*?)```/gs)].map(([, code = '', title = '']) => ({
  title,
  code,
}));

const compiler = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));

let project: string;
let app: TestApp;
let demo: Demo;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'tillstream-package-'));
  const { stdout } = await run(process.execPath, ['pack.ts'], { cwd: new URL('..', import.meta.url) });
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }');
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...quietly, stdout.trim()], { cwd: project });
  app = await startTestApp();
  demo = await startDemo({
    db: app.app.db,
    url: app.url,
    dataDir: project,
    clock: systemClock,
    issueToken: app.app.authenticator.issueToken,
    onError: () => undefined,
    signal: new AbortController().signal,
  });
  app.app.showDemo(demo.facts);
});

afterAll(async () => {
  await demo?.shoppers?.stop();
  await app?.stop();
  await rm(project, { recursive: true, force: true });
});

test('there are examples to run', () => {
  expect(examples.length).toBeGreaterThanOrEqual(4);
});

// Patient: the one that watches a shop ends with the next sale that the demo happens to make there.
test.each(examples)('example “$title” runs from an empty project', { timeout: 180_000 }, async ({ title, code }) => {
  const file = join(project, `${title.toLowerCase().replaceAll(/\W+/g, '-')}.ts`);
  await writeFile(file, code.replaceAll('http://127.0.0.1:8787', app.url));
  const { stdout } = await run(process.execPath, [file], { cwd: project, timeout: 170_000 });
  for (const [, expected = ''] of code.matchAll(/console\.log\(.*\); \/\/ (.+?) ?…?$/gm))
    expect(stdout).toContain(expected);
  expect(stdout.trim()).not.toBe('');
});

test.each([
  ['Node', ['--module', 'nodenext']],
  ['bundlers', ['--module', 'esnext', '--moduleResolution', 'bundler']],
])('its declarations stand up to a strict compiler, as %s resolve them', async (_, resolution) => {
  await copyTrial();
  const strictly = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const target = ['--target', 'esnext', '--lib', 'esnext,dom,dom.iterable', '--types', ''];
  const options = [...strictly, ...target, ...resolution];
  const compile = (file: string) =>
    run(compiler, [...options, file], { cwd: project }).then(
      () => [],
      ({ stdout }: { stdout: string }) => stdout.split('\n').filter((line) => line.includes('error TS')),
    );
  // Every declaration is read, those of others too; what is wrong with theirs is theirs.
  const isOurs = (line: string) => !/^node_modules\/(?!@tillstream)/.test(line);
  expect((await compile('try-in-browser.ts')).filter(isOurs)).toEqual([]);
  await writeFile(
    join(project, 'mistake.ts'),
    `import { createTillstream } from '@tillstream/client';
     createTillstream({ url: 1 }).createProduct({ sku: 'A' });`,
  );
  // Were a type lost on the way, these would pass as any.
  expect((await compile('mistake.ts')).filter(isOurs)).toEqual([
    expect.stringContaining("Type 'number' is not assignable to type 'string'"),
    expect.stringContaining("'name'"),
  ]);
});

const copyTrial = () => copyFile(new URL('try-in-browser.ts', import.meta.url), join(project, 'try-in-browser.ts'));

/** A page that offers the bundled client's trial, from a server of its own. */
async function servePage(script: string): Promise<{ port: number; close(): void }> {
  const html = `<!doctype html><title>A till</title>
    <script type="module">import { tryClient } from '/trial.js'; globalThis.tryClient = tryClient;</script>`;
  const server = createServer(({ url }, response) => {
    const isScript = url === '/trial.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : html);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

test('bundled into a page that came over plain http, it writes and listens', async () => {
  await copyTrial();
  const lib = { entry: join(project, 'try-in-browser.ts'), formats: ['es' as const], fileName: 'trial' };
  await build({ root: project, logLevel: 'error', configFile: false, build: { lib, outDir: 'page' } });
  const page = await servePage(await readFile(join(project, 'page/trial.js'), 'utf8'));
  const { locationId } = await openShop(app.url, app.ownerKey);
  // A name of the shop's own network: unlike 127.0.0.1, browsers trust it only over https.
  const browser = await launchChromium(['--host-resolver-rules=MAP till.example 127.0.0.1']);
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://till.example:${page.port}`);
    const wish: Wish = { url: app.url, apiKey: app.ownerKey, locationId, sku: 'BAGEL' };
    const tried: Tried = await tab.evaluate(`tryClient(${JSON.stringify(wish)})`);
    expect(tried).toMatchObject({ isSecureContext: false, newStock: 7 });
    const [product] = await app.rows<{ id: string }>(`select id from products where sku = 'BAGEL'`);
    expect(product?.id).toBe(tried.productId);
    expect(await app.rows(`select from idempotency_keys where key ~ '^[0-9a-f]{32}$'`)).not.toEqual([]);
  } finally {
    await browser.close();
    page.close();
  }
});
