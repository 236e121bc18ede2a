/** Wrong words, before anything is begun: scripts tell them from a failure by the exit code. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../cli.ts', import.meta.url));

test.each([
  ['no-such-command'],
  ['create-api-key', '--bogus'],
  ['create-api-key', '--franchise', 'coffee'],
  ['import-sales'],
  ['demo-keys', '--all'],
])('%s %s exits with 2 and says how it is used', (...words) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
  expect(stderr).toMatch(/^tillstream: .+\n\nusage: npm run -s tillstream -- /);
  expect([status, stdout]).toEqual([2, '']);
});
