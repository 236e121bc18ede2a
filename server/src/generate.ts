// `npm run generate`: writes what is generated from the sources and from a freshly migrated database.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDatabaseTypes } from './database-types.ts';
import { renderGeneratedFiles } from './generated-files.ts';
import { systemClock } from './platform/clock.ts';
import { startEmbeddedPostgres } from './platform/embedded-postgres/index.ts';
import { prepareDatabase } from './prepare-database.ts';

const root = new URL('../../', import.meta.url);

for (const [path, text] of await renderGeneratedFiles()) await writeFile(new URL(path, root), text);

const dataDir = await mkdtemp(join(tmpdir(), 'tillstream-generate-'));
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
try {
  await prepareDatabase(postgres.url, systemClock.now());
  await generateDatabaseTypes(postgres.url, { verify: false });
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
