/**
 * What the tests need beside npm's packages: a browser, a NATS server, and PostgreSQL's programs for backup and restore. As
 * root on Debian they are installed.
 */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, step } from './steps.js';

const programs = [
  { package: 'chromium', names: ['chromium', 'chromium-browser', 'google-chrome'] },
  { package: 'nats-server', names: ['nats-server'] },
  // Debian keeps the server's programs off the PATH, by version.
  { package: 'postgresql', names: ['initdb'], folders: postgresFolders() },
];

export async function installTestPrograms() {
  const missing = programs
    .filter(({ names, folders }) => !names.some((name) => isIn(folders ?? searchPath(), name)))
    .map((program) => program.package);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    console.log(`The tests also need ${missing.join(' and ')}. Install: sudo apt-get install ${missing.join(' ')}`);
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step(`Installing ${missing.join(' and ')}`, async () => {
    await run('apt-get', ['update', '--quiet'], { env });
    await run('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...missing], { env });
  });
}

function isOnPath(name) {
  return isIn(searchPath(), name);
}

function searchPath() {
  return (process.env.PATH ?? '').split(delimiter);
}

function postgresFolders() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions.filter((version) => Number(version) >= 15).map((version) => join(root, version, 'bin'));
}

function isIn(folders, name) {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
