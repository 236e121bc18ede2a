// What the demo tells those who try it: ids, keys and tokens, in the data directory, readable by its owner alone.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const demoFacts = z.object({
  url: z.string(),
  franchiseId: z.uuid(),
  locations: z.array(z.object({ id: z.uuid(), name: z.string(), posSystemId: z.uuid() })),
  products: z.array(z.object({ id: z.uuid(), sku: z.string() })),
  keys: z.object({ owner: z.string(), manager: z.string(), till: z.string() }),
  tokens: z.object({ owner: z.string(), manager: z.string() }),
  users: z.object({ owner: z.uuid(), manager: z.uuid() }),
  /** The one shop that the manager's key and token open; null where that has been taken from them. */
  managerLocationId: z.uuid().nullable(),
});

/** A file written before the shops were equipped, or by an earlier release, does not know it. */
const keptFacts = demoFacts.partial({ managerLocationId: true });

export type KeptFacts = z.infer<typeof keptFacts>;

export type DemoFacts = z.infer<typeof demoFacts>;

export function demoFilePath(dataDir: string): string {
  return join(dataDir, 'demo.json');
}

/** What an earlier start wrote, or null where there is none, or one that this release cannot read. */
export async function readDemoFile(dataDir: string): Promise<KeptFacts | null> {
  try {
    return keptFacts.parse(JSON.parse(await readFile(demoFilePath(dataDir), 'utf8')));
  } catch {
    return null;
  }
}

/** Written aside and renamed: a kill leaves the old file or the new one, never half of it. */
export async function writeDemoFile(dataDir: string, facts: KeptFacts): Promise<void> {
  const path = demoFilePath(dataDir);
  await writeFile(`${path}.new`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
