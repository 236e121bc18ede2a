/** Builds the dashboard when its sources, or the client's inside it, are not those that the last build was made from. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, pinnedNode, root } from './install.js';
import { run, step } from './steps.js';

const sources = ['dashboard', 'client/src', 'client/package.json', 'package-lock.json', 'tsconfig.base.json'];
const skipped = new Set(['node_modules', 'dist']);
/** Lies in the output, which each build empties: no output, no stamp. */
const stamp = join(root, 'dashboard', 'dist', '.built-from');

export async function buildDashboard() {
  const from = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === from) return;
  await step('Building the dashboard', async () => {
    await run(pinnedNode(), [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build'], {
      cwd: join(root, 'dashboard'),
      env: environment(),
    });
    writeFileSync(stamp, from);
  });
}

/** Of contents, not of times: a checkout gives every file the time of the checkout. Tests are no part of the page. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const path of sources.flatMap(filesIn).filter((file) => !/\.test\.tsx?$/.test(file))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesIn(path) {
  if (/\.json$/.test(path)) return [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inner = `${path}/${entry.name}`;
      return entry.isDirectory() ? filesIn(inner) : [inner];
    });
}
