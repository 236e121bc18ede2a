/** The first command of the README, as somebody at a terminal gives it: started, interrupted, killed, started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
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

async function demoOf(url: string): Promise<{ franchiseId: string }> {
  const answer = await fetch(`${url}/v1/demo`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as { franchiseId: string };
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
    const { franchiseId } = await demoOf(url);
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
  signalGroup(start.npm, 'SIGINT');
  await start.ended;
  expect(await postmaster(dataDir)).toBeUndefined();
});

test('a wrong setting is refused with its value, what is allowed, and an example', async () => {
  const start = npmStart(await newDataDir(), { TILLSTREAM_PORT: '99999' });
  expect(await start.ended).toBe(1);
  expect(start.said()).toMatch(/TILLSTREAM_PORT\b.*"?99999/);
  expect(start.said()).toMatch(/65535.*8787/s);
});
