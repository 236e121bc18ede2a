// The PostgreSQL that everything is measured on: the embedded one, in a folder of its own, as durable as in production.
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@tillstream/server/embedded-postgres';
import pg from 'pg';

export interface Cluster {
  /** PostgreSQL's own version, e.g. `18.4`. */
  readonly version: string;
  /** The URL of a database as its owner, who is no superuser. It need not exist yet. */
  url(database: string): string;
  /** Makes a database anew: empty, or a copy of one that nobody is connected to. */
  createDatabase(name: string, template?: string): Promise<void>;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it; throws where a figure would be worthless because commits are not durable. */
export async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'tillstream-bench-'));
  // mkdtemp makes it for its owner alone; started by root, PostgreSQL runs as somebody else.
  await chmod(folder, 0o711);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: () => undefined });
  const admin = new pg.Client(server.url);
  const drop = async (name: string) => {
    // Not by force: everybody of ours has left, and of an autovacuum that is still there PostgreSQL gets rid itself.
    await admin.query(`drop database if exists ${pg.escapeIdentifier(name)}`);
  };
  const stop = async () => {
    await admin.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await admin.connect();
    await refuseUndurable(admin, folder);
    const { rows } = await admin.query<{ server_version: string }>('show server_version');
    return {
      version: rows[0]?.server_version ?? 'unknown',
      url: (database) => Object.assign(new URL(server.url), { pathname: `/${database}` }).href,
      async createDatabase(name, template = 'template1') {
        await drop(name);
        await admin.query(`create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`);
      },
      dropDatabase: drop,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What must be on for a commit to mean "on the disk". */
export const durableSettings = ['fsync', 'synchronous_commit', 'full_page_writes'] as const;

const tmpfsMagic = 0x0102_1994;

async function refuseUndurable(admin: pg.Client, folder: string): Promise<void> {
  const { rows } = await admin.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [durableSettings],
  );
  const problem = undurable(rows);
  if (problem !== null) throw new Error(problem);
  const { type } = await statfs(folder);
  if (type === tmpfsMagic) {
    throw new Error(`${folder} lies in memory, where no commit is durable. Set TMPDIR to a folder on a disk.`);
  }
}

/** The sentence with which a server is refused whose commits are not durable; null where they are. */
export function undurable(settings: readonly { readonly name: string; readonly setting: string }[]): string | null {
  const off = durableSettings.filter((name) => settings.find((each) => each.name === name)?.setting !== 'on');
  return off.length === 0 ? null : `Not measured: ${off.join(', ')} must be on, or the figures mean nothing.`;
}
