/**
 * A real PostgreSQL without installing one: started from the binaries of an npm package, adopted where it already runs,
 * stopped when its last user leaves. The rest of the program sees a connection URL, the same as of any other PostgreSQL.
 */
import { installedPackage, usableBinaries } from './binaries.ts';
import { ensureCluster, type Passwords, superuserName } from './cluster.ts';
import { BeingStopped, type Hold, holdServer, leaveServer } from './hold.ts';
import { databaseName, ensureOwner, ownerName } from './owner.ts';
import { placeFiles } from './placement.ts';
import { ensureRunning, type Server } from './postmaster.ts';
import { mergeSettings, type Settings } from './settings.ts';
import { stopRunning } from './stop-postmaster.ts';

export type EmbeddedPostgres = {
  /** The connection URL of the database's owner, who is no superuser. It holds a password: never log it. */
  readonly url: string;
  /** Whether the server was already running: left over by a kill, or in use by another process. */
  readonly adopted: boolean;
  /** Stops the server, unless another process still uses it. May be called again; returns when it has gone. */
  stop(): Promise<void>;
};

/** How often to begin again when the server stops at the very moment when it is adopted. */
const attemptsMax = 5;

/**
 * Starts the PostgreSQL whose files live in `dataDir`, making it on the first call, or adopts it where it runs.
 *
 * @param options.dataDir a directory for this server alone; made if missing.
 * @param options.log takes one line for each thing that an operator should know; never a secret.
 * @param options.settings PostgreSQL settings over ours. What decides durability cannot be changed.
 * @param options.signal gives the start up, at whatever step it is; a server that nobody else uses is stopped again.
 * @throws {Error} whose message says what to do about it.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: (message: string) => void;
  settings?: Settings;
  signal?: AbortSignal;
}): Promise<EmbeddedPostgres> {
  const { log, signal = new AbortController().signal } = options;
  const settings = mergeSettings(options.settings);
  signal.throwIfAborted();
  const placement = await placeFiles(options.dataDir, log);
  signal.throwIfAborted();
  const binaries = await usableBinaries({
    packageDir: installedPackage(),
    copyDir: placement.home,
    runAs: placement.runAs,
    log,
  });
  const passwords = await ensureCluster({ placement, binaries, signal });
  const server: Server = { placement, binaries, settings };
  const { port, adopted, hold } = await takeServer({ server, passwords, log, signal });
  const leave = () => leaveServer(hold, () => stopRunning(server));
  if (signal.aborted) {
    await leave();
    signal.throwIfAborted();
  }

  let stopping: Promise<void> | undefined;
  return {
    url: urlOf({ user: ownerName, password: passwords.owner, port, database: databaseName }),
    adopted,
    stop() {
      stopping ??= leave();
      return stopping;
    },
  };
}

async function takeServer(options: {
  server: Server;
  passwords: Passwords;
  log: (message: string) => void;
  signal: AbortSignal;
}): Promise<{ port: number; adopted: boolean; hold: Hold }> {
  const { server, passwords, log, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    const { port, adopted } = await ensureRunning(server, { log, signal });
    const url = urlOf({ user: superuserName, password: passwords.superuser, port, database: 'postgres' });
    try {
      const hold = await holdServer(url, { prepare: (session) => ensureOwner(session, passwords.owner), signal });
      if (adopted) log('Adopted the PostgreSQL that was already running.');
      return { port, adopted, hold };
    } catch (error) {
      // One that we brought up and could not take hold of has no other user: nobody would ever stop it.
      if (signal.aborted && !adopted) await stopRunning(server);
      signal.throwIfAborted();
      if (attempt === attemptsMax) throw error;
      if (error instanceof BeingStopped) {
        // Whoever holds it alone has no other aim than to stop it, and nobody else is using it.
        log(`${error.message} Helping it, then starting anew.`);
      } else {
        // Its last user was just stopping it: then it goes by itself. One that keeps refusing its superuser hangs.
        if (attempt === 1) continue;
        log(`The running PostgreSQL does not answer (${(error as Error).message}); starting it anew.`);
      }
      await stopRunning(server);
    }
  }
}

function urlOf(parts: { user: string; password: string; port: number; database: string }): string {
  // The caller's PGSSLMODE would otherwise decide over a connection that never leaves the machine.
  return `postgresql://${parts.user}:${parts.password}@127.0.0.1:${parts.port}/${parts.database}?sslmode=disable`;
}
