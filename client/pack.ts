// `npm run -w client pack`: the package as other programs install it, JavaScript and types, since Node does not run
// TypeScript from node_modules. Written to client/dist, which is a whole package; prints the path of its tarball.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = `${here}dist`;
const compiler = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));

rmSync(dist, { recursive: true, force: true });
execFileSync(compiler, ['-p', `${here}tsconfig.pack.json`], { stdio: 'inherit' });
const { name, version, license, type, dependencies } = JSON.parse(readFileSync(`${here}package.json`, 'utf8'));
const exports = { '.': { types: './index.d.ts', default: './index.js' } };
const manifest = { name, version, license, type, exports, dependencies, engines: { node: '>=24' } };
writeFileSync(`${dist}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
for (const [from, to] of [
  ['README.md', 'README.md'],
  ['../LICENSE', 'LICENSE'],
]) {
  copyFileSync(`${here}${from}`, `${dist}/${to}`);
}
const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', dist], { cwd: dist, encoding: 'utf8' });
process.stdout.write(`${dist}/${tarball.trim()}\n`);
