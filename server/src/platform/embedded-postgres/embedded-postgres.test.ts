/** Real servers, started, killed and found again; nothing here is simulated. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { installedPackage, usableBinaries } from './binaries.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';
import { chooseRunAs } from './run-as.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/**
 * A new place for one server, where every user may pass; whatever still runs in it at the end is stopped. It is named as
 * test-server.ts names its own, which sweeps up after a test run that was killed.
 */
async function newDataDir(mode = 0o711): Promise<string> {
  const outer = await mkdtemp(join(tmpdir(), `tillstream-test-${process.pid}-`));
  await chmod(outer, mode);
  const dataDir = join(outer, 'postgres');
  onTestFinished(async () => {
    const home = (await noteOf(dataDir))?.home;
    if (existsSync(join(home ?? dataDir, 'cluster/data/postmaster.pid'))) await (await start(dataDir)).stop();
    for (const path of [outer, home]) if (path !== undefined) await rm(path, { recursive: true, force: true });
  });
  return dataDir;
}

async function noteOf(dataDir: string): Promise<{ home: string } | undefined> {
  const text = await readFile(join(dataDir, 'lives-elsewhere.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as { home: string });
}

async function start(dataDir: string, lines: string[] = []): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: (message) => void lines.push(message) });
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function superuserUrl(dataDir: string, url: string): Promise<string> {
  const passwords = JSON.parse(await readFile(join(dataDir, 'cluster/passwords.json'), 'utf8'));
  return url.replace(/\/\/.*@(.*)\/.*$/, `//postgres:${passwords.superuser}@$1/postgres`);
}

async function postmasterPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'cluster/data/postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The dead child of a program that is dead itself stays listed until the system's first process has taken notice. */
async function hasGone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(runs(pid)).toBe(false), 10_000);
}

/** Another program with the same data directory, in a process group of its own, as a terminal would give it. */
async function startInOtherProcess(dataDir: string): Promise<{ child: ChildProcess; url: string; adopted: boolean }> {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(import.meta.resolve('./index.ts'))};
    import pg from ${JSON.stringify(import.meta.resolve('pg'))};
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: () => {} });
    process.on('SIGINT', () => {});
    process.once('SIGINT', async () => {
      const client = new pg.Client(server.url);
      await client.connect();
      await client.query("insert into kept values ('written while draining')");
      await client.end();
      await server.stop();
      process.exit(7);
    });
    setInterval(() => {}, 60_000);
    console.log(JSON.stringify({ url: server.url, adopted: server.adopted }));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) };
  throw new Error('The other process ended without a word.');
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('a first start makes a durable database whose owner is no superuser, and tells nobody the passwords', async () => {
  const dataDir = await newDataDir();
  const lines: string[] = [];
  const server = await start(dataDir, lines);
  expect(server.adopted).toBe(false);
  const [facts] = await query(
    server.url,
    `select current_setting('server_version_num')::int / 10000 as version, current_setting('fsync') as fsync,
       current_setting('data_checksums') as checksums, current_setting('password_encryption') as encryption,
       current_database() as database, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole,
       (select datlocale from pg_database where datname = current_database()) as locale, 'Z' < 'a' as by_code_point,
       upper('ß') || upper('é') as upper
     from pg_roles where rolname = current_user`,
  );
  expect(facts).toEqual({
    version: 18,
    fsync: 'on',
    checksums: 'on',
    encryption: 'scram-sha-256',
    database: 'tillstream',
    rolsuper: false,
    rolbypassrls: false,
    rolcreatedb: true,
    rolcreaterole: true,
    locale: 'C.UTF-8',
    by_code_point: true,
    upper: 'ßÉ',
  });
  const file = join(dataDir, 'cluster/passwords.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const passwords: string[] = Object.values(JSON.parse(await readFile(file, 'utf8')));
  expect(passwords).toHaveLength(2);
  const processes = await run('ps', ['-eo', 'args'], { maxBuffer: 10_000_000 });
  const told = [...lines, await readFile(join(dataDir, 'postgres.log'), 'utf8'), processes.stdout].join('\n');
  for (const password of passwords) expect(told).not.toContain(password);
  await expect(query(server.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow('password authentication');
  await server.stop();
});

test('a stop ends the server, may be repeated, and the next start finds the data', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  await query(first.url, "create table kept as select 'a sale' as what");
  const pid = await postmasterPid(dataDir);
  await Promise.all([first.stop(), first.stop()]);
  await first.stop();
  // It has let go of its files and its port. Its number stays listed for as long as the kernel and Node, its parent, take.
  await hasGone(pid);
  const second = await start(dataDir);
  expect(second.adopted).toBe(false);
  expect(await query(second.url, 'select what from kept')).toEqual([{ what: 'a sale' }]);
  await second.stop();
});

test('the server that a killed program left running is adopted, and then stopped like an own one', async () => {
  const dataDir = await newDataDir();
  const lost = await startInOtherProcess(dataDir);
  await query(lost.url, "create table kept as select 'a sale' as what");
  const pid = await postmasterPid(dataDir);
  await kill(lost.child);
  const lines: string[] = [];
  const server = await start(dataDir, lines);
  expect(server.adopted).toBe(true);
  expect(lines.join()).toContain('Adopted');
  expect(await postmasterPid(dataDir)).toBe(pid);
  expect(await query(server.url, 'select what from kept')).toEqual([{ what: 'a sale' }]);
  await server.stop();
  await hasGone(pid);
});

test('Ctrl-C reaches the program alone, which still writes while it drains and then stops the server', async () => {
  const dataDir = await newDataDir();
  const { child, url } = await startInOtherProcess(dataDir);
  await query(url, 'create table kept (what text)');
  const pid = await postmasterPid(dataDir);
  const ended = once(child, 'exit');
  process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
  expect(await ended).toEqual([7, null]);
  await hasGone(pid);
  const server = await start(dataDir);
  expect(await query(server.url, 'select what from kept')).toEqual([{ what: 'written while draining' }]);
  await server.stop();
});

test('pressed again and again, Ctrl-C neither spoils the stop nor the next start', async () => {
  const dataDir = await newDataDir();
  for (const spacingMs of [5, 50]) {
    const { child, url, adopted } = await startInOtherProcess(dataDir);
    expect(adopted).toBe(false);
    await query(url, 'create table if not exists kept (what text)');
    const pid = await postmasterPid(dataDir);
    const ended = once(child, 'exit');
    await vi.waitFor(
      () => {
        if (child.exitCode === null) process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
        expect(child.exitCode).toBe(7);
      },
      { timeout: 60_000, interval: spacingMs },
    );
    await ended;
    await hasGone(pid);
  }
});

test('two programs share one server, which stops when the last of them leaves', async () => {
  const dataDir = await newDataDir();
  const other = await startInOtherProcess(dataDir);
  await query(other.url, 'create table kept (what text)');
  const pid = await postmasterPid(dataDir);
  const server = await start(dataDir);
  expect(server.adopted).toBe(true);
  await server.stop();
  expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  const ended = once(other.child, 'exit');
  other.child.kill('SIGINT');
  await ended;
  await hasGone(pid);
});

test('a program that lost its session to a crashed backend keeps its hold on the server', async () => {
  const dataDir = await newDataDir();
  const server = await start(dataDir);
  const superuser = await superuserUrl(dataDir, server.url);
  const holders = "from pg_stat_activity where application_name = 'tillstream hold'";
  await query(superuser, `select pg_terminate_backend(pid, 5000) ${holders}`);
  await vi.waitFor(async () => expect(await query(superuser, `select 1 ${holders}`)).toHaveLength(1), 10_000);
  await (await start(dataDir)).stop();
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  const pid = await postmasterPid(dataDir);
  await server.stop();
  expect(runs(pid)).toBe(false);
});

test('two first starts at once end with one server', async () => {
  const dataDir = await newDataDir();
  const [one, two] = await Promise.all([startInOtherProcess(dataDir), startInOtherProcess(dataDir)]);
  expect(one.url).toBe(two.url);
  expect([one.adopted, two.adopted].filter((adopted) => !adopted)).toHaveLength(1);
  expect((await readdir(dataDir)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('after a SIGKILL of PostgreSQL itself the next start recovers, though a busy backend outlives it', async () => {
  const dataDir = await newDataDir();
  const lost = await start(dataDir);
  await query(lost.url, "create table kept as select 'a sale' as what");
  const busy = query(lost.url, 'select count(*) from generate_series(1, 6000000) a').catch(() => undefined);
  const active = "select 1 from pg_stat_activity where query like '%generate_series%' and state = 'active'";
  await vi.waitFor(async () => expect((await query(lost.url, active)).length).toBeGreaterThan(1), 10_000);
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
  const server = await start(dataDir);
  expect(server.adopted).toBe(false);
  expect(await query(server.url, 'select what from kept')).toEqual([{ what: 'a sale' }]);
  await busy;
  await lost.stop();
  await server.stop();
});

test('a lock file whose process number now belongs to another program is no obstacle', async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  const file = join(dataDir, 'cluster/data/postmaster.pid');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await first.stop();
  const stranger = spawn('sleep', ['600']);
  onTestFinished(() => void stranger.kill());
  for (const pid of [stranger.pid, process.pid]) {
    await writeFile(file, [pid, ...lines.slice(1)].join('\n'));
    const server = await start(dataDir);
    expect(server.adopted).toBe(false);
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
  }
  expect(runs(stranger.pid ?? 0)).toBe(true);
});

test('below a directory of mode 700, root keeps the database where its unprivileged user can reach it', async () => {
  const dataDir = await newDataDir(0o700);
  const lines: string[] = [];
  const first = await start(dataDir, lines);
  await query(first.url, "create table kept as select 'a sale' as what");
  await first.stop();
  const home = (await noteOf(dataDir))?.home;
  // Anybody but root runs PostgreSQL as himself, and his own directories are within reach.
  expect(home === undefined).toBe(!isRoot);
  expect(lines.join('\n').includes(`the database lives in ${home}`)).toBe(isRoot);
  const second = await start(dataDir);
  expect(await query(second.url, 'select what from kept')).toEqual([{ what: 'a sale' }]);
  await second.stop();

  await rm(dataDir, { recursive: true });
  const anew = await start(dataDir, lines);
  expect(await query(anew.url, "select 1 from pg_tables where tablename = 'kept'")).toEqual([]);
  await anew.stop();
  const aside = /Set aside (\S+):/.exec(lines.join('\n'))?.[1];
  expect(aside === undefined).toBe(!isRoot);
  if (aside !== undefined) await rm(aside, { recursive: true });
});

test('binaries in a package that is out of reach, or that cannot be completed, are copied', async () => {
  const outer = await mkdtemp(join(tmpdir(), `tillstream-test-${process.pid}-`));
  const packageDir = join(outer, 'closed/package');
  onTestFinished(async () => {
    await chmod(join(packageDir, 'native/lib'), 0o755);
    await rm(outer, { recursive: true, force: true });
  });
  await chmod(outer, 0o711);
  await cp(installedPackage(), packageDir, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(packageDir, 'native/pg-symlinks.json'), 'utf8')) as { target: string }[];
  for (const link of links) await unlink(join(packageDir, link.target));
  await chmod(join(packageDir, 'native/lib'), 0o555);
  await chmod(join(outer, 'closed'), 0o700);
  const lines: string[] = [];
  const options = {
    packageDir,
    copyDir: outer,
    runAs: await chooseRunAs(outer),
    log: (line: string) => lines.push(line),
  };
  const binaries = await usableBinaries(options);
  expect(binaries.postgres.startsWith(join(outer, 'postgresql-'))).toBe(true);
  expect(lines.join()).toContain('Copying PostgreSQL');
  expect(await usableBinaries(options)).toEqual(binaries);
  expect(lines).toHaveLength(1);
  expect((await run(binaries.postgres, ['--version'])).stdout).toContain('PostgreSQL');
});

test('what would cost a sale cannot be set, and damage is explained', async () => {
  const dataDir = await newDataDir();
  for (const name of ['fsync', 'FSYNC', 'full_page_writes', 'synchronous_commit']) {
    const settings = { [name]: 'off' };
    await expect(startEmbeddedPostgres({ dataDir, log: () => undefined, settings })).rejects.toThrow(name);
  }
  await mkdir(join(dataDir, 'cluster/data'), { recursive: true });
  await expect(start(dataDir)).rejects.toThrow(/passwords.json is missing.*remove that directory/);
  await rm(join(dataDir, 'cluster'), { recursive: true });
  const refused = startEmbeddedPostgres({ dataDir, log: () => undefined, settings: { work_memory: '1GB' } });
  await expect(refused).rejects.toThrow(/work_memory/);
});
