/**
 * A real PostgreSQL without installing one: started from the binaries of an npm package, adopted where it already runs,
 * stopped when its last user leaves. The rest of the program sees a connection URL, the same as of any other PostgreSQL.
 */
import { installedPackage, usableBinaries } from './binaries.ts';
import { ensureCluster, type Passwords, superuserName } from './cluster.ts';
import { type Hold, holdServer } from './hold.ts';
import { databaseName, ensureOwner, ownerName } from './owner.ts';
import { placeFiles } from './placement.ts';
import { ensureRunning, type Server, stopRunning } from './postmaster.ts';
import { mergeSettings, type Settings } from './settings.ts';

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
 * @throws {Error} whose message says what to do about it.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: (message: string) => void;
  settings?: Settings;
}): Promise<EmbeddedPostgres> {
  const { log } = options;
  const settings = mergeSettings(options.settings);
  const placement = await placeFiles(options.dataDir, log);
  const binaries = await usableBinaries({
    packageDir: installedPackage(),
    copyDir: placement.home,
    runAs: placement.runAs,
    log,
  });
  const passwords = await ensureCluster(placement, binaries);
  const server: Server = { placement, binaries, settings };
  const { port, adopted, hold } = await takeServer({ server, passwords, log });

  let stopping: Promise<void> | undefined;
  return {
    url: urlOf({ user: ownerName, password: passwords.owner, port, database: databaseName }),
    adopted,
    stop() {
      stopping ??= leave(server, hold);
      return stopping;
    },
  };
}

async function takeServer(options: {
  server: Server;
  passwords: Passwords;
  log: (message: string) => void;
}): Promise<{ port: number; adopted: boolean; hold: Hold }> {
  const { server, passwords, log } = options;
  for (let attempt = 1; ; attempt += 1) {
    const { port, adopted } = await ensureRunning(server, log);
    const url = urlOf({ user: superuserName, password: passwords.superuser, port, database: 'postgres' });
    try {
      const hold = await holdServer(url, (session) => ensureOwner(session, passwords.owner));
      if (adopted) log('Adopted the PostgreSQL that was already running.');
      return { port, adopted, hold };
    } catch (error) {
      if (attempt === attemptsMax) throw error;
      // Its last user was just stopping it: then it goes by itself. One that keeps refusing its own superuser hangs.
      if (attempt === 1) continue;
      log(`The running PostgreSQL does not answer (${(error as Error).message}); starting it anew.`);
      await stopRunning(server);
    }
  }
}

async function leave(server: Server, hold: Hold): Promise<void> {
  const alone = await hold.release().catch(() => true);
  if (alone) await stopRunning(server);
  await hold.close();
}

function urlOf(parts: { user: string; password: string; port: number; database: string }): string {
  // The caller's PGSSLMODE would otherwise decide over a connection that never leaves the machine.
  return `postgresql://${parts.user}:${parts.password}@127.0.0.1:${parts.port}/${parts.database}?sslmode=disable`;
}
