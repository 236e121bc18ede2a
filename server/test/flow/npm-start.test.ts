/** The first command of the README, as somebody at a terminal gives it: started, interrupted, killed, started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DemoFacts } from '../../src/demo/demo-file.ts';
import { demoFilePath } from '../../src/demo/index.ts';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

type Started = {
  readonly npm: ChildProcess;
  /** What it has printed so far, both streams. */
  readonly said: () => string;
  /** Resolves to the text that `pattern` caught when it has been printed. */
  readonly says: (pattern: RegExp) => Promise<string>;
  /** npm's exit code, once every process that shares its terminal has gone. */
  readonly ended: Promise<number | null>;
};

/** Named as test-server.ts names its own, which sweeps up after a test run that was killed. */
async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), `tillstream-test-${process.pid}-`));
  await chmod(dataDir, 0o711);
  onTestFinished(async () => {
    if ((await postmaster(dataDir)) !== undefined) {
      await (await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), log: () => undefined })).stop();
    }
    await rm(dataDir, { recursive: true, force: true });
  });
  return dataDir;
}

/** Runs `npm start` in a process group of its own, as a terminal does, on any free port. */
function npmStart(dataDir: string, environment: Record<string, string> = {}): Started {
  const { DATABASE_URL: _theirs, NODE_OPTIONS: _vitests, ...inherited } = process.env;
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...inherited, TILLSTREAM_PORT: '0', TILLSTREAM_DATA_DIR: dataDir, ...environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = once(npm, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    if (npm.exitCode === null && npm.signalCode === null) signalGroup(npm, 'SIGKILL');
    await ended;
  });
  const caught = (pattern: RegExp) => pattern.exec(text)?.[1];
  const says = async (pattern: RegExp) => {
    await Promise.race([
      ended,
      vi.waitFor(() => expect(text).toMatch(pattern), { timeout: threeStartsMsMax, interval: 50 }),
    ]);
    const found = caught(pattern);
    if (found === undefined) throw new Error(`npm start ended without saying ${pattern}: ${text}`);
    return found;
  };
  return { npm, said: () => text, says, ended };
}

/** Three starts and stops of everything take 10 s on an idle laptop; on a build machine that is shared, many times that. */
const threeStartsMsMax = 240_000;

const liveAt = /live at (http:\S+)/;

function signalGroup(npm: ChildProcess, signal: NodeJS.Signals): void {
  if (npm.pid !== undefined) process.kill(-npm.pid, signal);
}

/** As somebody does who does not believe that the first Ctrl-C was heard. */
async function pressUntilEnded({ npm, ended }: Started, spacingMs: number): Promise<void> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const press = () => {
    // Between the end of the last process and the end of its output there is nobody to tell.
    if (!isOver && isAlive(npm)) signalGroup(npm, 'SIGINT');
    expect(isOver).toBe(true);
  };
  await vi.waitFor(press, { timeout: threeStartsMsMax, interval: spacingMs });
}

function isAlive({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0);
  } catch {
    return false;
  }
}

type Facts = Pick<DemoFacts, 'url' | 'franchiseId' | 'locations' | 'managerLocationId'>;

async function demoOf(url: string): Promise<Facts> {
  const answer = await fetch(`${url}/v1/demo`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Facts;
}

async function demoFile(dataDir: string): Promise<Facts> {
  return JSON.parse(await readFile(demoFilePath(dataDir), 'utf8')) as Facts;
}

async function postmaster(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/cluster/data/postmaster.pid'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number(text.split('\n')[0]);
}

test(
  'npm start goes live, drains at Ctrl-C with its database, goes on where it was, and survives SIGKILL',
  async () => {
    const dataDir = await newDataDir();
    const first = npmStart(dataDir);
    const url = await first.says(liveAt);
    await first.says(/(Ctrl-C stops everything)/);
    expect(first.said()).toMatch(/Starting PostgreSQL[\s\S]*live at[\s\S]*Demo sign-in[\s\S]*Ctrl-C stops/);
    // Lines for people: what programs read (JSON) is only about things that went wrong.
    expect(first.said()).not.toContain('{"');
    const { franchiseId, locations, managerLocationId } = await demoOf(url);
    expect(managerLocationId).toBe(locations[0]?.id);
    const page = await fetch(url);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(await postmaster(dataDir)).toBeTypeOf('number');
    signalGroup(first.npm, 'SIGINT');
    signalGroup(first.npm, 'SIGINT');
    expect(await first.ended).toBe(0);
    expect(await postmaster(dataDir)).toBeUndefined();

    const second = npmStart(dataDir);
    expect((await demoOf(await second.says(liveAt))).franchiseId).toBe(franchiseId);
    const kept = await postmaster(dataDir);
    signalGroup(second.npm, 'SIGKILL');
    await second.ended;
    expect(await postmaster(dataDir)).toBe(kept);

    const third = npmStart(dataDir);
    expect((await demoOf(await third.says(liveAt))).franchiseId).toBe(franchiseId);
    expect(third.said()).toContain('Adopted the PostgreSQL');
    // A supervisor tells npm alone.
    third.npm.kill('SIGTERM');
    expect(await third.ended).toBe(0);
    expect(await postmaster(dataDir)).toBeUndefined();
  },
  threeStartsMsMax,
);

test(
  'however often and fast Ctrl-C is pressed, everything stops, and the next start comes up',
  async () => {
    const dataDir = await newDataDir();
    const quiet = { TILLSTREAM_DEMO: 'off' };
    for (const spacingMs of [10, 50, 150]) {
      const start = npmStart(dataDir, quiet);
      await start.says(liveAt);
      await pressUntilEnded(start, spacingMs);
      expect(start.said()).toContain('Stopped.');
      expect(start.said()).not.toMatch(/did not stop|was ended by/);
      expect(await postmaster(dataDir)).toBeUndefined();
    }
    const killed = npmStart(dataDir, quiet);
    await killed.says(liveAt);
    signalGroup(killed.npm, 'SIGKILL');
    await killed.ended;
    const adopting = npmStart(dataDir, quiet);
    await adopting.says(liveAt);
    await pressUntilEnded(adopting, 50);
    expect(adopting.said()).toMatch(/Adopted the PostgreSQL[\s\S]*Stopped\./);
    expect(await postmaster(dataDir)).toBeUndefined();
  },
  threeStartsMsMax,
);

test(
  'a second start beside the first shows the same demo, and leaves its tills and its keys to the first',
  async () => {
    const dataDir = await newDataDir();
    const first = npmStart(dataDir);
    const url = await first.says(liveAt);
    const second = npmStart(dataDir);
    const otherUrl = await second.says(liveAt);
    expect(await second.says(/run by the server at (http:\S+);/)).toBe(url);
    expect((await demoOf(otherUrl)).franchiseId).toBe((await demoOf(url)).franchiseId);
    expect((await demoFile(dataDir)).url).toBe(url);
    signalGroup(second.npm, 'SIGINT');
    expect(await second.ended).toBe(0);
    expect((await demoFile(dataDir)).url).toBe(url);
    expect((await demoOf(url)).url).toBe(url);
    signalGroup(first.npm, 'SIGINT');
    expect(await first.ended).toBe(0);
    expect(await postmaster(dataDir)).toBeUndefined();
  },
  threeStartsMsMax,
);

test('when only npm is killed the server notices, drains and stops its database', async () => {
  const dataDir = await newDataDir();
  const start = npmStart(dataDir, { TILLSTREAM_DEMO: 'off' });
  await start.says(liveAt);
  start.npm.kill('SIGKILL');
  await start.ended;
  expect(await postmaster(dataDir)).toBeUndefined();
});

test('Ctrl-C while it is still starting leaves nothing running', async () => {
  const dataDir = await newDataDir();
  const start = npmStart(dataDir);
  await start.says(/(Starting PostgreSQL)/);
  await pressUntilEnded(start, 50);
  expect(start.said()).not.toMatch(/tillstream:|did not stop|was ended by/);
  expect(await postmaster(dataDir)).toBeUndefined();
  const next = npmStart(dataDir);
  await next.says(liveAt);
  await pressUntilEnded(next, 50);
});

test('a wrong setting is refused with its value, what is allowed, and an example', async () => {
  const start = npmStart(await newDataDir(), { TILLSTREAM_PORT: '99999' });
  expect(await start.ended).toBe(1);
  expect(start.said()).toMatch(/TILLSTREAM_PORT\b.*"?99999/);
  expect(start.said()).toMatch(/65535.*8787/s);
});
