// A server on this machine: the database (embedded, unless one is given by URL), the app on it, and the demo.
import { join } from 'node:path';
import { type App, createApp } from './app.ts';
import type { Config } from './config.ts';
import { type Demo, demoFilePath, startDemo } from './demo/index.ts';
import { makeDirectory } from './make-directory.ts';
import { systemClock } from './platform/clock.ts';
import { startEmbeddedPostgres } from './platform/embedded-postgres/index.ts';
import type { Logger } from './platform/logger.ts';
import { loadSecretKeys, readSecretKeys } from './platform/secret-key-file.ts';
import { startAll, stopAll } from './platform/service.ts';
import { prepareDatabase } from './prepare-database.ts';

export interface RunningServer {
  readonly url: string;
  /**
   * Drains and stops everything that was started here, the database included. May be called again.
   *
   * @throws {StopFailed} when a part did not stop; the others have been stopped all the same.
   */
  stop(): Promise<void>;
}

/** Something that was started may still run. */
export class StopFailed extends AggregateError {
  constructor(failures: readonly unknown[]) {
    super(failures, `Some parts did not stop cleanly: ${failures.map(String).join('; ')}`);
    this.name = 'StopFailed';
  }
}

export interface StartOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Start extends StartOptions {
  /** What takes down again what was started, in the order of starting. */
  readonly undo: (() => Promise<void>)[];
}

/**
 * Starts in order and takes down in reverse; when a step fails, or `signal` is aborted before the end, what stood before
 * it is taken down again and the promise rejects.
 *
 * @throws {StopFailed} when not all of it could be taken down again.
 */
export async function startServer({ config, logger, signal }: StartOptions): Promise<RunningServer> {
  const undo: (() => Promise<void>)[] = [];
  const start = { config, logger, signal, undo };
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= takeDown(undo);
    return stopping;
  };
  try {
    await makeDirectory(config.dataDir);
    const ownerUrl = config.database.url ?? (await embedded(start));
    signal.throwIfAborted();
    const { applied } = await prepareDatabase(ownerUrl, systemClock.now(), signal);
    if (applied.length > 0) say(`Migrated the database (${applied.length} steps).`);
    const secretKeys = config.secretKeys ?? (await loadSecretKeys(config.dataDir));
    const reloadSecretKeys = () => (config.secretKeys === null ? readSecretKeys(config.dataDir) : null);
    const app = await createApp({ config, logger, ownerUrl, secretKeys, reloadSecretKeys, clock: systemClock });
    undo.push(app.close);
    await startAll(app.services, signal);
    undo.push(() => stopAll(app.services));
    const demo = config.demo ? await demonstrate(app, start) : null;
    signal.throwIfAborted();
    say(`Tillstream is live at ${app.url()}`);
    if (demo) say(`Demo sign-in: one click on the page, or the keys in ${demoFilePath(config.dataDir)}`);
    if (demo?.playedAt) say(`The demo’s tills are run by the server at ${demo.playedAt}; this one only shows them.`);
    say('Ctrl-C stops everything.');
    return {
      url: app.url(),
      async stop() {
        app.startDraining();
        say('Draining …');
        await stop();
        say('Stopped.');
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** In reverse, all of it even where a step fails: a part that hangs on must not keep the database running as well. */
async function takeDown(undo: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.toReversed()) await step().catch((error) => failures.push(error));
  if (failures.length > 0) throw new StopFailed(failures);
}

async function embedded({ config, signal, undo }: Start): Promise<string> {
  say('Starting PostgreSQL …');
  const server = await startEmbeddedPostgres({
    dataDir: join(config.dataDir, 'postgres'),
    log: say,
    signal,
  });
  undo.push(() => server.stop());
  return server.url;
}

async function demonstrate(app: App, { config, logger, signal, undo }: Start): Promise<Demo> {
  say('Opening the demo’s shops …');
  const demo: Demo = await startDemo({
    db: app.db,
    url: app.url(),
    dataDir: config.dataDir,
    clock: systemClock,
    issueToken: app.authenticator.issueToken,
    onError: (error) => logger.error({ part: 'demo', err: error }, 'demo failed'),
    signal,
  });
  const { shoppers } = demo;
  if (shoppers) undo.push(() => shoppers.stop());
  app.showDemo(demo.facts);
  return demo;
}

/** One plain line for whoever watches the start; the log has the details. */
function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
