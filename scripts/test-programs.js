/** What the tests need beside npm's packages: a browser and a NATS server. As root on Debian they are installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, step } from './steps.js';

const programs = [
  { package: 'chromium', names: ['chromium', 'chromium-browser', 'google-chrome'] },
  { package: 'nats-server', names: ['nats-server'] },
];

export async function installTestPrograms() {
  const missing = programs.filter(({ names }) => !names.some(isOnPath)).map((program) => program.package);
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
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
