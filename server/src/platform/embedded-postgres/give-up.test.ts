/** A start that is told to stop, and a stop that meets resistance: neither may leave anything behind. */
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { installedPackage, usableBinaries } from './binaries.ts';
import { holdServer, leaveServer } from './hold.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';
import { placeFiles } from './placement.ts';
import { ensureRunning, type Server } from './postmaster.ts';
import { mergeSettings } from './settings.ts';
import { stopRunning } from './stop-postmaster.ts';

const silent = () => undefined;
const never = new AbortController().signal;
const generously = { timeout: 60_000, interval: 5 };

/** Named as test-server.ts names its own, which sweeps up after a test run that was killed. */
async function newDataDir(): Promise<string> {
  const outer = await mkdtemp(join(tmpdir(), `tillstream-test-${process.pid}-`));
  await chmod(outer, 0o711);
  const dataDir = join(outer, 'postgres');
  onTestFinished(async () => {
    if (existsSync(lockFile(dataDir))) await (await start(dataDir)).stop();
    await rm(outer, { recursive: true, force: true });
  });
  return dataDir;
}

const lockFile = (dataDir: string) => join(dataDir, 'cluster/data/postmaster.pid');

async function start(dataDir: string, lines: string[] = []): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: (message) => void lines.push(message) });
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(lockFile(dataDir), 'utf8')).split('\n')[0]);
}

/** A server that runs without a user, as a killed program leaves it. */
async function leftOver(dataDir: string): Promise<{ server: Server; url: string }> {
  await (await start(dataDir)).stop();
  const placement = await placeFiles(dataDir, silent);
  const packageDir = installedPackage();
  const binaries = await usableBinaries({ packageDir, copyDir: dataDir, runAs: placement.runAs, log: silent });
  const server = { placement, binaries, settings: mergeSettings() };
  const { port } = await ensureRunning(server, { log: silent, signal: never });
  const passwords = JSON.parse(await readFile(join(dataDir, 'cluster/passwords.json'), 'utf8'));
  return { server, url: `postgresql://postgres:${passwords.superuser}@127.0.0.1:${port}/postgres` };
}

const hold = (url: string) => holdServer(url, { prepare: async () => undefined, signal: never });

test('told to stop before it begins, it does nothing', async () => {
  const dataDir = await newDataDir();
  const signal = AbortSignal.abort(new Error('Ctrl-C'));
  await expect(startEmbeddedPostgres({ dataDir, log: silent, signal })).rejects.toThrow('Ctrl-C');
  expect(existsSync(dataDir)).toBe(false);
});

test('told to stop while the database is made, it leaves no half-made one', async () => {
  const dataDir = await newDataDir();
  const told = new AbortController();
  const starting = startEmbeddedPostgres({ dataDir, log: silent, signal: told.signal });
  const refused = expect(starting).rejects.toThrow('Ctrl-C');
  // Beside it may stand a copy of the binaries, where the server's own user cannot reach the installed ones.
  const clusters = async () => (await readdir(dataDir)).filter((name) => name.startsWith('cluster'));
  await vi.waitFor(async () => expect((await clusters()).join()).toContain('partial'), generously);
  told.abort(new Error('Ctrl-C'));
  await refused;
  expect(await clusters()).toEqual([]);
});

test('told to stop while PostgreSQL comes up, it takes that down again', async () => {
  const dataDir = await newDataDir();
  await (await start(dataDir)).stop();
  const told = new AbortController();
  const starting = startEmbeddedPostgres({ dataDir, log: silent, signal: told.signal });
  const refused = expect(starting).rejects.toThrow('Ctrl-C');
  await vi.waitFor(() => expect(existsSync(lockFile(dataDir))).toBe(true), generously);
  told.abort(new Error('Ctrl-C'));
  await refused;
  expect(existsSync(lockFile(dataDir))).toBe(false);
});

test('told to stop while another program holds the server alone, it leaves that one to its work', async () => {
  const dataDir = await newDataDir();
  const { url } = await leftOver(dataDir);
  const other = await hold(url);
  expect(await other.release()).toBe(true);
  const pid = await postmasterPid(dataDir);
  const told = new AbortController();
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const starting = startEmbeddedPostgres({ dataDir, log, signal: told.signal });
  const refused = expect(starting).rejects.toThrow('Ctrl-C');
  // It waits for the lock from before the program that holds it would be helped.
  told.abort(new Error('Ctrl-C'));
  await refused;
  expect(lines).toEqual([]);
  expect(await postmasterPid(dataDir)).toBe(pid);
  await other.close();
  const next = await start(dataDir);
  expect(next.adopted).toBe(true);
  await next.stop();
});

test('a program that holds the server alone and gets no further keeps no later start out', async () => {
  const dataDir = await newDataDir();
  const { url } = await leftOver(dataDir);
  const stuck = await hold(url);
  expect(await stuck.release()).toBe(true);
  const lines: string[] = [];
  const server = await start(dataDir, lines);
  expect(lines.join()).toContain('Another program is stopping this PostgreSQL');
  expect(server.adopted).toBe(false);
  await server.stop();
  await stuck.close();
});

test('a stop that fails lets go of the server all the same', async () => {
  const dataDir = await newDataDir();
  const { url } = await leftOver(dataDir);
  const failing = leaveServer(await hold(url), async () => {
    throw new Error('the disk is gone');
  });
  await expect(failing).rejects.toThrow('the disk is gone');
  const next = await hold(url);
  expect(await next.release()).toBe(true);
  await next.close();
});

test('a postmaster that hears nothing any more is ended, and the next start recovers', async () => {
  const dataDir = await newDataDir();
  const { server } = await leftOver(dataDir);
  const pid = await postmasterPid(dataDir);
  process.kill(pid, 'SIGSTOP');
  const shortly = (['SIGINT', 'SIGQUIT'] as const).map((signal) => ({ signal, msMax: 100 }));
  await expect(stopRunning(server, shortly)).rejects.toThrow(`process ${pid}`);
  await stopRunning(server, [...shortly, { signal: 'SIGKILL', msMax: 60_000 }]);
  const next = await start(dataDir);
  expect(next.adopted).toBe(false);
  await next.stop();
});
