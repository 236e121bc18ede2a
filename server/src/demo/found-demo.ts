// Founds the demo's brand: franchise, franchisees, shops, people and keys, all of it or nothing.
import { type DemoFranchise, demoFranchise } from '@tillstream/simulators';
import {
  addMembership,
  createApiKey,
  createFranchise,
  createFranchisee,
  createLocation,
  createUser,
  type NewMembership,
} from '../identity/index.ts';
import { backgroundActor } from '../platform/actor.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import type { DemoFacts } from './demo-file.ts';

const founder = backgroundActor('demo');

export type Founded = Pick<DemoFacts, 'franchiseId' | 'keys' | 'users'>;

export function foundDemo(db: Database, clock: Clock): Promise<Founded> {
  return db.transaction(founder, (tx) => found(tx, demoFranchise, clock.now()));
}

async function found(tx: Tx, plan: DemoFranchise, at: Date): Promise<Founded> {
  const { id: franchiseId } = await createFranchise(tx, plan);
  const franchisees = new Map<string, string>();
  for (const { name } of plan.franchisees) {
    franchisees.set(name, (await createFranchisee(tx, { franchiseId, name })).id);
  }
  const shops: { id: string }[] = [];
  for (const { name, franchisee, timeZone, closingHour } of plan.shops) {
    const franchiseeId = franchisees.get(franchisee) ?? null;
    shops.push(await createLocation(tx, { franchiseId, franchiseeId, name, timeZone, closingHour }));
  }
  const users = await welcomePeople(tx, { franchiseId, shops, franchisees, at });
  return { franchiseId, users, keys: await cutKeys(tx, franchiseId, shops) };
}

/** One person a role; the two with a token of the demo are the brand's owner and the first shop's manager. */
async function welcomePeople(
  tx: Tx,
  brand: { franchiseId: string; shops: readonly { id: string }[]; franchisees: ReadonlyMap<string, string>; at: Date },
): Promise<Founded['users']> {
  const { franchiseId, shops, franchisees, at } = brand;
  const welcome = async (name: string, place: NewMembership['place']): Promise<string> => {
    const { id: userId } = await createUser(tx, { name });
    await addMembership(tx, { userId, place, at });
    return userId;
  };
  const [first] = shops;
  if (!first) throw new Error('the demo has no shop to manage');
  const owner = await welcome('Robin Owner', { role: 'franchise_admin', franchiseId });
  const manager = await welcome('Sam Manager', { role: 'location_manager', locationId: first.id });
  for (const [name, franchiseeId] of franchisees)
    await welcome(`Partner at ${name}`, { role: 'franchisee', franchiseeId });
  return { owner, manager };
}

async function cutKeys(tx: Tx, franchiseId: string, shops: readonly { id: string }[]): Promise<DemoFacts['keys']> {
  const cut = async (name: string, rest: Pick<Parameters<typeof createApiKey>[1], 'scopes' | 'locationIds'>) =>
    (await createApiKey(tx, { franchiseId, name, createdBy: founder.id, ...rest })).key;
  return {
    owner: await cut('Demo owner', { scopes: ['admin'] }),
    manager: await cut('Demo manager', {
      scopes: ['pos:manage', 'inventory:read', 'inventory:write', 'realtime:read'],
      locationIds: shops.slice(0, 1).map(({ id }) => id),
    }),
    till: await cut('Demo tills', { scopes: ['sales:write'] }),
  };
}
