// The package as a stranger gets it: packed, installed into an empty project, and its README's examples run there as they
// stand, against a server with the demo on.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Demo, startDemo } from '../../server/src/demo/index.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { startTestApp, type TestApp } from '../../server/test/harness/test-app.ts';

const run = promisify(execFile);
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```ts\n(\/\/ (.+?)[.:].*?)```/gs)].map(([, code = '', title = '']) => ({
  title,
  code,
}));

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

test.each(examples)('example “$title” runs from an empty project', async ({ title, code }) => {
  const file = join(project, `${title.toLowerCase().replaceAll(/\W+/g, '-')}.ts`);
  await writeFile(file, code.replaceAll('http://127.0.0.1:8787', app.url));
  const { stdout } = await run(process.execPath, [file], { cwd: project, timeout: 55_000 });
  for (const [, expected = ''] of code.matchAll(/console\.log\(.*\); \/\/ (.+?) ?…?$/gm))
    expect(stdout).toContain(expected);
  expect(stdout.trim()).not.toBe('');
});
