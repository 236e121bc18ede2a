// What each kill test stands on: a data directory of its own with a brand in it, and a server to be killed.
import { type KillableServer, makeDataDir, removeDataDir, startKillableServer } from '../faults/kill-driver.ts';
import { foundBrandOnDisk } from './brand-on-disk.ts';

export interface KillGround {
  readonly dataDir: string;
  readonly server: KillableServer;
  /** May do everything in the brand. */
  readonly ownerKey: string;
  /** Ends whatever still runs, and removes the directory. */
  remove(): Promise<void>;
}

/** `prepare` adds to the brand before the server runs. */
export async function openKillGround(prepare?: (dataDir: string) => Promise<void>): Promise<KillGround> {
  const dataDir = await makeDataDir();
  const { ownerKey } = await foundBrandOnDisk(dataDir);
  await prepare?.(dataDir);
  const server = await startKillableServer(dataDir);
  const remove = async () => {
    await server.kill('node');
    await removeDataDir(dataDir);
  };
  return { dataDir, server, ownerKey, remove };
}
