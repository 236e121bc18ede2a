// Brings the demo up on a server that already listens: found it on the first start, find it again on the next.
import { createTillstream, type Tillstream } from '@tillstream/client';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Service } from '../platform/service.ts';
import { type DemoFacts, readDemoFile, writeDemoFile } from './demo-file.ts';
import { equipDemo } from './equip-demo.ts';
import { foundDemo } from './found-demo.ts';
import { createShoppers } from './run-shoppers.ts';

export interface DemoOptions {
  readonly db: Database;
  readonly url: string;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly issueToken: (userId: string) => Promise<string>;
  readonly onError: (error: unknown) => void;
  /** Gives the opening up, at whatever step it is; the next start finishes it. */
  readonly signal: AbortSignal;
}

export interface Demo {
  readonly facts: DemoFacts;
  readonly shoppers: Service;
}

export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { facts, isNew } = await readyFacts(options);
  await writeDemoFile(options.dataDir, facts);
  const shoppers = createShoppers({ facts, isNew, clock: options.clock, onError: options.onError });
  await shoppers.start();
  return { facts, shoppers };
}

async function readyFacts(options: DemoOptions): Promise<{ facts: DemoFacts; isNew: boolean }> {
  const { db, url, dataDir, clock, issueToken } = options;
  const earlier = await readDemoFile(dataDir);
  const known = earlier && (await stillThere(options, earlier)) ? earlier : null;
  const founded = known ?? (await foundDemo(db, clock));
  const tokens = { owner: await issueToken(founded.users.owner), manager: await issueToken(founded.users.manager) };
  const { franchiseId, keys, users } = founded;
  const beginning = { url, franchiseId, keys, users, tokens };
  // The keys can be read only now: kept before the shops are equipped, or a kill in between would lose them.
  if (!known) await writeDemoFile(dataDir, { ...beginning, locations: [], products: [] });
  const equipment = await equipDemo(connect(options, keys.owner));
  return { facts: { ...beginning, ...equipment }, isNew: known === null };
}

/** The file may outlive its database; then its keys open nothing, and a new demo is founded. */
async function stillThere(options: DemoOptions, { keys }: DemoFacts): Promise<boolean> {
  try {
    await connect(options, keys.owner).me();
    return true;
  } catch {
    options.signal.throwIfAborted();
    return false;
  }
}

function connect({ url, signal }: DemoOptions, apiKey: string): Tillstream {
  const send: typeof fetch = (request, init) =>
    fetch(request, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal });
  return createTillstream({ url, apiKey, fetch: send });
}
