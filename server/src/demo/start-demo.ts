// Brings the demo up on a server that already listens: found it on the first start, find it again on the next.
import { createTillstream, type Tillstream, type TillstreamOptions } from '@tillstream/client';
import { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Service } from '../platform/service.ts';
import { type DemoFacts, type KeptFacts, readDemoFile, writeDemoFile } from './demo-file.ts';
import { hourBefore, stockBefore } from './demo-shops.ts';
import { equipDemo, stockDemo } from './equip-demo.ts';
import { foundDemo } from './found-demo.ts';
import { createShoppers } from './run-shoppers.ts';

/** A server on this machine answers within this, or it does not work: also one that is starting beside others. */
const answerMsMax = 15_000;

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
  /** null while another server plays them. */
  readonly shoppers: Service | null;
  /** Where that server is. */
  readonly playedAt: string | null;
}

export async function startDemo(options: DemoOptions): Promise<Demo> {
  const earlier = await readDemoFile(options.dataDir);
  const known = earlier && (await stillThere(options, earlier)) ? earlier : null;
  const facts = await readyFacts(options, known);
  // One set of shoppers a brand; and the file goes on naming the server whose tills ring.
  if (known !== null && (await isPlayedBy(known.url, options, facts))) {
    return { facts, shoppers: null, playedAt: known.url };
  }
  const owner = connect(options, { apiKey: facts.keys.owner });
  const past = known?.locations.length ? [] : hourBefore(options.clock.now().getTime(), facts);
  await stockDemo(owner, facts, stockBefore(past, facts));
  await writeDemoFile(options.dataDir, facts);
  const shoppers = createShoppers({ facts, past, clock: options.clock, onError: options.onError });
  await shoppers.start();
  return { facts, shoppers, playedAt: null };
}

async function readyFacts(options: DemoOptions, known: KeptFacts | null): Promise<DemoFacts> {
  const { db, url, dataDir, clock, issueToken } = options;
  const founded = known ?? (await foundDemo(db, clock));
  const tokens = { owner: await issueToken(founded.users.owner), manager: await issueToken(founded.users.manager) };
  const { franchiseId, keys, users } = founded;
  const beginning = { url, franchiseId, keys, users, tokens };
  // The keys can be read only now: kept before the shops are equipped, or a kill in between would lose them.
  if (!known) await writeDemoFile(dataDir, { ...beginning, locations: [], products: [] });
  const equipment = await equipDemo(connect(options, { apiKey: keys.owner }));
  return { ...beginning, ...equipment, managerLocationId: await managersShop(options, tokens.manager) };
}

/** Whoever tries the demo may have taken the shop from its manager; the demo goes on without. */
async function managersShop(options: DemoOptions, accessToken: string): Promise<string | null> {
  try {
    const { memberships } = await connect(options, { accessToken }).me();
    return memberships.find(({ role }) => role === 'location_manager')?.locationId ?? null;
  } catch {
    options.signal.throwIfAborted();
    return null;
  }
}

/** Whether another server on this machine shows the same demo. It is asked without a secret: anybody may listen there. */
async function isPlayedBy(url: string, options: DemoOptions, { franchiseId }: DemoFacts): Promise<boolean> {
  if (url === options.url) return false;
  try {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(answerMsMax)]);
    const answer: unknown = await (await fetch(`${url}/v1/demo`, { signal })).json();
    return z.object({ franchiseId: z.literal(franchiseId) }).safeParse(answer).success;
  } catch {
    options.signal.throwIfAborted();
    return false;
  }
}

/** The file may outlive its database; then its keys open nothing, and a new demo is founded. */
async function stillThere(options: DemoOptions, { keys }: KeptFacts): Promise<boolean> {
  try {
    await connect(options, { apiKey: keys.owner }).me();
    return true;
  } catch {
    options.signal.throwIfAborted();
    return false;
  }
}

function connect(
  { url, signal }: DemoOptions,
  credential: Pick<TillstreamOptions, 'apiKey' | 'accessToken'>,
): Tillstream {
  const send: typeof fetch = (request, init) =>
    fetch(request, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal });
  return createTillstream({ url, ...credential, fetch: send });
}
