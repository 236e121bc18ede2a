/** The certification as a till maker runs it: the key comes by the standard input or in a file, and is shown nowhere. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCustomTill } from '@tillstream/simulators/vendors';
import { expect, onTestFinished, test } from 'vitest';
import { shops } from '../../test/connectors/vendor-ground.ts';

const program = fileURLToPath(new URL('../cli.ts', import.meta.url));

/** `typed` comes by a standard input that stays open, as a terminal's does. */
async function certify(words: readonly string[], typed: string | null) {
  const child = spawn(process.execPath, [program, 'certify-pos', ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const told: Buffer[] = [];
  for (const output of [child.stdout, child.stderr]) output.on('data', (part: Buffer) => void told.push(part));
  if (typed === null) child.stdin.end();
  else child.stdin.write(typed);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, told: Buffer.concat(told).toString() };
}

async function startTill() {
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  const tills = await startCustomTill({ clock, seed: 'certify', shops });
  onTestFinished(() => tills.close());
  tills.ring({ shopId: 'shop-1', ticket: { lines: [{ sku: 'LAT-R', name: 'Latte', quantity: 1000, price: 450 }] } });
  return { url: tills.baseUrlOf('shop-1'), key: tills.apiKey };
}

test('a key that is typed certifies a server, and the next line is not waited for', async () => {
  const { url, key } = await startTill();
  const { code, told } = await certify([url], `${key}\n`);
  expect(told).toContain('This server can be registered');
  expect(code).toBe(0);
  expect(told).not.toContain(key);
});

test('a key in a file does alike; a wrong one fails, and none is asked for again', async () => {
  const { url, key } = await startTill();
  const folder = await mkdtemp(join(tmpdir(), 'certify-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'key');
  await writeFile(file, `${key}\n`);
  expect(await certify([url, '--key-file', file], null)).toMatchObject({ code: 0 });
  const wrong = await certify([url], 'not-the-key\n');
  expect(wrong).toMatchObject({ code: 1, told: expect.stringMatching(/checks failed/) });
  const none = await certify([url], null);
  expect(none).toMatchObject({ code: 2, told: expect.stringContaining('Give the API key on the standard input') });
});
