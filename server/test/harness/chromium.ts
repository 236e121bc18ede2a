// A real browser for tests of pages: Debian's chromium, or one that playwright-core knows. Nothing is downloaded.
import { access } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';

const knownPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const quietFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a headless browser with a profile of its own, and with these flags too; the caller closes it. */
export async function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  for (const executablePath of knownPaths) {
    const found = await access(executablePath).then(
      () => true,
      () => false,
    );
    if (found) return chromium.launch({ executablePath, args: [...quietFlags, ...flags] });
  }
  throw new Error(`There is no Chromium at ${knownPaths.join(', ')}; on Debian: apt-get install chromium`);
}
