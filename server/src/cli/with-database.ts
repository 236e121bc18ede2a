// The database that a command works on: the one of DATABASE_URL, else the embedded one of the data directory, which is
// started for as long as the command runs, or joined where a server uses it already.
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { systemClock } from '../platform/clock.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/index.ts';
import { type PreparedDatabase, prepareDatabase } from '../prepare-database.ts';

export async function withDatabase<T>(work: (ownerUrl: string, prepared: PreparedDatabase) => Promise<T>): Promise<T> {
  const config = readConfig();
  if (config.database.url !== null) {
    return work(config.database.url, await prepareDatabase(config.database.url, systemClock.now()));
  }
  const embedded = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), log: () => undefined });
  try {
    return await work(embedded.url, await prepareDatabase(embedded.url, systemClock.now()));
  } finally {
    await embedded.stop();
  }
}
