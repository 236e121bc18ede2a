// Several tenants on one app for the test of row security: three brands, one of them with two franchisees, and a caller
// of every kind with the part of the tree that is its own.
import type { Random } from '@tillstream/simulators';
import { addMembership, createFranchisee, createLocation, createUser } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import type { TestApp, TestBrand } from '../harness/test-app.ts';
import { openConnection } from './connections.ts';
import { made } from './stand-up.ts';

export interface TenantShop {
  readonly franchiseId: string;
  readonly franchiseeId: string;
  readonly locationId: string;
  readonly posSystemId: string;
  readonly productIds: readonly string[];
  readonly sku: string;
}

/** Somebody who asks, and the part of the tree that is theirs. */
export interface TenantCaller {
  readonly name: string;
  readonly credential: string;
  /** Of the key that the credential is. */
  readonly keyId?: string;
  readonly franchiseId: string;
  /** Null: the whole brand. */
  readonly franchiseeId: string | null;
  /** Null: every shop of the above. */
  readonly locationIds: readonly string[] | null;
}

export interface Tenants {
  readonly shops: readonly TenantShop[];
  readonly callers: readonly TenantCaller[];
}

const founder = backgroundActor('test');

/**
 * Two firms of the first brand with two shops each, a firm with one shop in each of two others, and their people and
 * keys. Sales are booked in two lanes, so of three brands two always share one, and with it group commits.
 */
export async function settleTenants(app: TestApp, random: Random): Promise<Tenants> {
  const shops: TenantShop[] = [];
  const callers: TenantCaller[] = [];
  const plans = [
    { brand: app as TestBrand, firms: [2, 2] },
    { brand: await app.foundBrand('Second brand'), firms: [1] },
    { brand: await app.foundBrand('Third brand'), firms: [1] },
  ];
  for (const { brand, firms } of plans) {
    const { franchiseId } = brand;
    const owner = { franchiseId, franchiseeId: null, locationIds: null };
    const prefix = `brand ${plans.findIndex((plan) => plan.brand === brand) + 1}`;
    callers.push({ ...owner, name: `${prefix} owner by key`, credential: brand.ownerKey });
    callers.push({ ...owner, name: `${prefix} owner by token`, credential: brand.ownerToken });
    // The same article numbers in both brands: whoever mixes them up is found out.
    const productIds = await listProducts(brand, ['A-1', 'A-2', 'A-3']);
    for (const [n, count] of firms.entries()) {
      const firm = await settleFirm(app, { brand, name: `${prefix} firm ${n + 1}`, shops: count, productIds, random });
      shops.push(...firm.shops);
      callers.push(...firm.callers);
    }
  }
  return { shops, callers };
}

async function listProducts(brand: TestBrand, skus: readonly string[]): Promise<string[]> {
  const owner = openConnection(brand.url, brand.ownerKey);
  const ids: string[] = [];
  for (const sku of skus) {
    ids.push(
      (await made(owner, '/v1/products', { sku, name: `Product ${sku}`, unit: 'piece', price: 2, currency: 'USD' })).id,
    );
  }
  owner.close();
  return ids;
}

interface FirmPlan {
  readonly brand: TestBrand;
  readonly name: string;
  readonly shops: number;
  readonly productIds: readonly string[];
  readonly random: Random;
}

async function settleFirm(app: TestApp, plan: FirmPlan): Promise<Tenants> {
  const { franchiseId } = plan.brand;
  const firm = await app.app.db.transaction(founder, async (tx) => {
    const { id: franchiseeId } = await createFranchisee(tx, { franchiseId, name: plan.name });
    const locationIds: string[] = [];
    for (let n = 0; n < plan.shops; n++) {
      const shop = { franchiseId, franchiseeId, name: `${plan.name} shop ${n}`, timeZone: 'America/New_York' };
      locationIds.push((await createLocation(tx, shop)).id);
    }
    const { id: ownerId } = await createUser(tx, { name: `${plan.name} owner` });
    const { id: managerId } = await createUser(tx, { name: `${plan.name} manager` });
    const [first = ''] = locationIds;
    const at = new Date('2026-06-01T00:00:00Z');
    await addMembership(tx, { userId: ownerId, place: { role: 'franchisee', franchiseeId }, at });
    await addMembership(tx, { userId: managerId, place: { role: 'location_manager', locationId: first }, at });
    return { franchiseeId, locationIds, ownerId, managerId };
  });
  const shops = await openTills(plan, firm);
  return { shops, callers: await callersOf(app, plan, firm) };
}

interface Firm {
  readonly franchiseeId: string;
  readonly locationIds: readonly string[];
  readonly ownerId: string;
  readonly managerId: string;
}

async function openTills({ brand, productIds, random }: FirmPlan, firm: Firm): Promise<TenantShop[]> {
  const owner = openConnection(brand.url, brand.ownerKey);
  const shops: TenantShop[] = [];
  for (const locationId of firm.locationIds) {
    const till = await made(owner, '/v1/pos-systems', { locationId, systemType: 'custom', name: 'Till' });
    for (const productId of productIds) {
      const adjustment = {
        locationId,
        productId,
        type: 'in',
        quantity: random.between(5, 50),
        reason: 'Opening stock',
      };
      await made(owner, '/v1/inventory/adjustments', adjustment);
    }
    const { franchiseeId } = firm;
    shops.push({
      franchiseId: brand.franchiseId,
      franchiseeId,
      locationId,
      posSystemId: till.id,
      productIds,
      sku: 'A-1',
    });
  }
  owner.close();
  return shops;
}

async function callersOf(app: TestApp, { brand, name }: FirmPlan, firm: Firm): Promise<TenantCaller[]> {
  const { franchiseId } = brand;
  const { franchiseeId, locationIds } = firm;
  const owner = openConnection(brand.url, brand.ownerKey);
  const last = locationIds.slice(-1);
  const key = await made(owner, '/v1/api-keys', { name: 'one shop', scopes: ['admin'], locationIds: last });
  owner.close();
  const own = { franchiseId, franchiseeId };
  return [
    {
      ...own,
      name: `${name} owner`,
      credential: await app.app.authenticator.issueToken(firm.ownerId),
      locationIds: null,
    },
    {
      ...own,
      name: `${name} manager`,
      credential: await app.app.authenticator.issueToken(firm.managerId),
      locationIds: locationIds.slice(0, 1),
    },
    { ...own, name: `${name} key of one shop`, credential: String(key['key']), keyId: key.id, locationIds: last },
  ];
}
