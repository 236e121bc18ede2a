// A PostgreSQL cluster of a test's own: made, broken, copied and started again with PostgreSQL's own programs, as an
// operator does it by docs/operations.md.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { chooseRunAs } from '../../src/platform/embedded-postgres/run-as.ts';
import { runProgram } from './postgres-programs.ts';

const run = promisify(execFile);

/** The owner of every database here: no superuser, and by the same name in every cluster, as a dump wants it. */
export const owner = { name: 'shopkeeper', password: 'of these clusters alone' };
const superuser = { name: 'postgres', password: randomBytes(18).toString('hex') };

export interface Cluster {
  readonly folder: string;
  readonly port: number;
  /** The owner's URL of a database. */
  url(database: string): string;
  asSuperuser<T extends pg.QueryResultRow>(text: string, database?: string): Promise<T[]>;
  /** Starts it and returns when it answers; a standby answers reads. */
  start(settings?: readonly string[]): Promise<void>;
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  promote(): Promise<void>;
}

export interface Workshop {
  /** A folder that PostgreSQL may write to: for dumps and archives. */
  folder(name: string): Promise<string>;
  /** A fresh cluster with its owner role, running. */
  newCluster(settings?: readonly string[]): Promise<Cluster>;
  /** A copy of a running cluster, as pg_basebackup takes it; not started. `words` are further ones for pg_basebackup. */
  copyOf(cluster: Cluster, words?: readonly string[]): Promise<Cluster>;
  /** Stops everything and removes the files. */
  close(): Promise<void>;
}

const prefix = 'tillstream-recovery-';

export async function openWorkshop(): Promise<Workshop> {
  await sweepAbandoned();
  const base = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const runAs = await chooseRunAs(base);
  await chmod(base, 0o711);
  const clusters: Cluster[] = [];
  let folders = 0;

  async function folder(name: string): Promise<string> {
    const path = join(base, `${++folders}-${name}`);
    await mkdir(path, { mode: 0o700 });
    if (runAs !== undefined) await chown(path, runAs.uid, runAs.gid);
    return path;
  }

  async function keep(path: string): Promise<Cluster> {
    const cluster = clusterIn(path, await freePort());
    clusters.push(cluster);
    return cluster;
  }

  return {
    folder,
    async newCluster(settings = []) {
      const path = await folder('cluster');
      const passwordFile = `${path}.password`;
      await writeFile(passwordFile, superuser.password);
      if (runAs !== undefined) await chown(passwordFile, runAs.uid, runAs.gid);
      await runProgram('initdb', [
        ...['-D', path, '-U', superuser.name, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
        ...['--encoding=UTF8', '--locale=C.UTF-8'],
      ]);
      const cluster = await keep(path);
      await cluster.start(settings);
      await cluster.asSuperuser(`create role ${owner.name} login createdb createrole password '${owner.password}'`);
      return cluster;
    },
    async copyOf(cluster, words = []) {
      const path = await folder('copy');
      const url = `postgresql://${superuser.name}:${superuser.password}@127.0.0.1:${cluster.port}/postgres`;
      await runProgram('pg_basebackup', ['-D', path, '-d', url, '--checkpoint=fast', '--no-sync', ...words]);
      return keep(path);
    },
    async close() {
      for (const cluster of clusters) await cluster.stop('immediate').catch(() => undefined);
      await rm(base, { recursive: true, force: true });
    },
  };
}

function clusterIn(folder: string, port: number): Cluster {
  const urlOf = (user: { name: string; password: string }, database: string) =>
    `postgresql://${user.name}:${encodeURIComponent(user.password)}@127.0.0.1:${port}/${database}?sslmode=disable`;
  const control = (...words: string[]) => runProgram('pg_ctl', [...words, '-D', folder, '-w', '-t', '120']);
  return {
    folder,
    port,
    url: (database) => urlOf(owner, database),
    async asSuperuser(text, database = 'postgres') {
      const client = new pg.Client({ connectionString: urlOf(superuser, database) });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return (await client.query(text)).rows;
      } finally {
        await client.end();
      }
    },
    async start(settings = []) {
      const all = [
        ...[`port = ${port}`, `listen_addresses = '127.0.0.1'`, `unix_socket_directories = ''`],
        ...['max_connections = 60', 'max_locks_per_transaction = 256', 'shared_buffers = 64MB', 'timezone = UTC'],
        ...settings,
      ];
      await appendFile(join(folder, 'postgresql.conf'), `\n${all.join('\n')}\n`);
      await control('start', '-l', join(folder, 'server.log')).catch(async (error) => {
        const log = await readFile(join(folder, 'server.log'), 'utf8').catch(() => '');
        throw new Error(`${(error as Error).message}\n${log.slice(-4_000)}`, { cause: error });
      });
    },
    stop: async (mode) => {
      await control('stop', '-m', mode);
    },
    promote: async () => {
      await control('promote');
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}

/** A test run that was killed leaves its clusters running; the next one ends them. */
async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    if (!name.startsWith(prefix) || isAlive(pid)) continue;
    const base = join(tmpdir(), name);
    for (const each of await readdir(base).catch(() => [])) {
      await runProgram('pg_ctl', ['stop', '-m', 'immediate', '-D', join(base, each)]).catch(() => undefined);
    }
    await rm(base, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
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

/** Runs a command of ours as an operator would, with the database given by its URL. */
export async function runTillstream(command: string, databaseUrl: string): Promise<string> {
  const cli = new URL('../../src/cli.ts', import.meta.url).pathname;
  const { stdout } = await run(process.execPath, [cli, command], {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl },
  });
  return stdout;
}
