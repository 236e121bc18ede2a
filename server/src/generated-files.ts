// What is generated from the server's sources and committed beside them: the HTTP contract, the one for
// makers of tills, and the pages that list errors
// and rights. A test renders them anew and compares, so that they cannot fall behind.
import { randomBytes } from 'node:crypto';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { renderContract } from './domains/pos/index.ts';
import { renderErrorCatalogue } from './error-catalogue.ts';
import { renderPermissionTable } from './identity/index.ts';
import { systemClock } from './platform/clock.ts';
import { createLogger } from './platform/logger.ts';

/** The text of each file by its path from the project's root. */
export async function renderGeneratedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['openapi.json', await renderOpenApi()],
    ['docs/custom-till.openapi.json', renderContract()],
    ['docs/errors.md', await renderErrorCatalogue()],
    ['docs/permissions.md', renderPermissionTable()],
  ]);
}

// The app is built and never started: no connection is made, so the address of its database is of no consequence.
async function renderOpenApi(): Promise<string> {
  const app = await createApp({
    config: readConfig({}),
    logger: createLogger({ level: 'silent' }),
    ownerUrl: 'postgres://nobody:nothing@127.0.0.1:1/none',
    secretKeys: [randomBytes(32)],
    clock: systemClock,
  });
  const answer = await app.http.inject('/openapi.json');
  await app.http.close();
  await app.close();
  return `${JSON.stringify(answer.json(), null, 2)}\n`;
}
