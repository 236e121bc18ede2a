/**
 * The PostgreSQL that the tests run on: the one that TILLSTREAM_TEST_DATABASE_URL names, else an embedded one of this run
 * alone, in a temporary directory. It is as durable as in production: what is tested with fsync off is another database.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/index.ts';

export type TestServer = {
  /** A login that may create databases and roles. */
  readonly url: string;
  stop(): Promise<void>;
};

const prefix = 'tillstream-test-';

/** @param givenUrl a server whose databases the tests may drop; never taken from DATABASE_URL. */
export async function startTestServer(givenUrl: string | undefined): Promise<TestServer> {
  if (givenUrl !== undefined && givenUrl !== '') return { url: givenUrl, stop: async () => undefined };
  await sweepAbandoned();
  const dataDir = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  // mkdtemp makes it for its owner alone; as root, PostgreSQL runs as somebody else.
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    log: () => undefined,
    // Two workers with several pools each.
    settings: { max_connections: 300 },
  });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A test run that was killed leaves its server behind; the next run adopts it, in order to stop it. */
async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = Number(name.slice(prefix.length).split('-')[0]);
    if (!name.startsWith(prefix) || isAlive(owner)) continue;
    const dataDir = join(tmpdir(), name);
    const postgres = join(dataDir, 'postgres');
    if (existsSync(join(postgres, 'cluster/data/postmaster.pid'))) {
      const server = await startEmbeddedPostgres({ dataDir: postgres, log: () => undefined }).catch(() => undefined);
      await server?.stop();
    }
    // Another run may be sweeping the same folder.
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
