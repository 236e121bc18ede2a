// Registers a till at a shop. A till that is asked is asked once before it is kept, so that who registers it learns at once
// what is wrong. Its credentials go in sealed and come out nowhere: not in an answer, a log or an event.
import { v7 as uuidv7 } from 'uuid';
import { type Caller, locationNotFound, requirePermission } from '../../../identity/index.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import type { Secrets } from '../../../platform/secrets.ts';
import type { ConnectionFields, PosSystemType } from '../connectors/connector.ts';
import { hostOf, shopsOf, type TillAtVendor, type VendorParts } from '../credentials/connect.ts';
import { listOfMake, type SealedCredentials } from '../credentials/queries.ts';
import { openCredentials, sealCredentials } from '../credentials/sealed-credentials.ts';
import { type TriedTill, tryConnection } from '../credentials/try-connection.ts';
import { loadShops, type Shop } from '../queries.ts';
import { findSystem, insertConnection, insertSystem, type SystemRow } from './queries.ts';
import type { NewSystem } from './schema.ts';
import { takePlaces } from './take-places.ts';

export interface RegisterParts {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly vendors: VendorParts;
}

const syncDefaults = { enabled: true, frequencyMinutes: 15, autoSync: true };

/**
 * The registration is for ever: a till that moves to another shop is a new system. Sales from now on are fetched; earlier
 * ones when somebody asks for them. Throws `identity.location_not_found`, `identity.forbidden`, and what tryConnection
 * throws.
 */
export async function registerSystem(parts: RegisterParts, caller: Caller, wanted: NewSystem): Promise<SystemRow> {
  const { db, vendors } = parts;
  const { shop, known } = await db.transaction(caller, async (tx) => ({
    shop: await findShop(tx, caller, wanted.locationId),
    known: await listOfMake(tx, wanted.systemType, knownMax),
  }));
  const given = tillOf(wanted, shop);
  // A till that only pushes has nobody to be asked.
  const tried = isAsked(given) ? await tryConnection(vendors, given, { ...shop, known: openAll(parts, known) }) : null;
  const till = tried === null ? given : { ...given, settings: tried.settings };
  return db.transaction(caller, async (tx) => {
    const id = uuidv7();
    const credentials = wanted.credentials === undefined ? null : (tried?.credentials ?? given.credentials);
    await insertSystem(tx, newRow(parts, { shop, wanted, till, id, credentials }));
    if (tried !== null) {
      const connection = newConnection(parts, { shop, wanted, id, till, tried });
      await insertConnection(tx, connection);
      await takePlaces(tx, connection, shopsOf(vendors, till));
    }
    const made = await findSystem(tx, id);
    if (made === null) throw new Error(`The system ${id} is hidden from who has just registered it`);
    return made;
  });
}

/** Newest tills of the make among which one of the same client is looked for. */
const knownMax = 50;

function openAll({ secrets }: RegisterParts, known: readonly SealedCredentials[]): ConnectionFields[] {
  return known.flatMap((kept) => {
    try {
      return [openCredentials(secrets, kept)];
    } catch {
      // Another till's credentials that do not open are its own trouble, and told there.
      return [];
    }
  });
}

export async function findShop(tx: Tx, caller: Caller, locationId: string): Promise<Shop> {
  const [shop] = await loadShops(tx, [locationId]);
  if (shop === undefined) throw locationNotFound(`There is no location ${locationId}.`);
  requirePermission(caller, 'pos.manage', shop);
  return shop;
}

function tillOf({ systemType, apiEndpoint, credentials, settings }: NewSystem, { franchiseId }: Shop): TillAtVendor {
  const till = { franchiseId, systemType, apiEndpoint: apiEndpoint ?? null };
  const fields = { credentials: credentials ?? {}, settings: settings ?? {} };
  return { ...till, ...(isAsked(till) ? fieldsOfMake(systemType, fields) : fields) };
}

/** What the makes call the merchant. */
const merchantField = { square: 'merchantId', clover: 'merchantId', toast: 'restaurantGuid', custom: null } as const;

/**
 * The fields as the makes know them. In the configuration as it has always been, the merchant stands among the
 * credentials; it is no secret, and the makes that ask for it look among the settings.
 */
export function fieldsOfMake(
  systemType: PosSystemType,
  { credentials, settings }: Pick<TillAtVendor, 'credentials' | 'settings'>,
) {
  const { merchantId, ...secrets } = credentials;
  const field = merchantField[systemType];
  if (merchantId === undefined || field === null) return { credentials, settings };
  return { credentials: secrets, settings: { [field]: merchantId, ...settings } };
}

/** Whether somebody is to be asked: always at a vendor, and at a till's own server where it is known. */
export function isAsked(till: Pick<TillAtVendor, 'systemType' | 'apiEndpoint'>): boolean {
  return till.systemType !== 'custom' || till.apiEndpoint !== null;
}

interface Registration {
  readonly shop: Shop;
  readonly wanted: NewSystem;
  readonly till: TillAtVendor;
  readonly id: string;
}

function newRow(
  { vendors, secrets }: RegisterParts,
  {
    shop,
    wanted,
    till,
    id,
    credentials,
  }: Registration & { readonly credentials: Readonly<Record<string, string>> | null },
) {
  const { locationId, franchiseId, franchiseeId } = shop;
  const { systemType } = wanted;
  const { enabled, frequencyMinutes, autoSync } = wanted.syncSettings ?? syncDefaults;
  const owner = { locationId, posSystemId: id, franchiseId };
  return {
    id,
    locationId,
    franchiseId,
    franchiseeId,
    name: wanted.name ?? `${systemType} POS`,
    systemType,
    apiEndpoint: wanted.apiEndpoint ?? null,
    credentials: credentials === null ? null : sealCredentials(secrets, owner, credentials),
    settings: till.settings,
    syncEnabled: enabled,
    syncFrequencyMinutes: frequencyMinutes,
    autoSync,
    createdAt: vendors.clock.now(),
  };
}

function newConnection(
  { vendors }: RegisterParts,
  { shop, wanted, id, till, tried }: Registration & { readonly tried: TriedTill },
) {
  const connector = vendors.connectors[till.systemType];
  const now = vendors.clock.now();
  const { enabled, frequencyMinutes, autoSync } = wanted.syncSettings ?? syncDefaults;
  return {
    locationId: shop.locationId,
    posSystemId: id,
    franchiseId: shop.franchiseId,
    franchiseeId: shop.franchiseeId,
    systemType: till.systemType,
    host: hostOf(connector, till.apiEndpoint),
    places: connector.placesOf(till.settings),
    enabled,
    frequencyMinutes,
    nextPollAt: autoSync ? now : null,
    startAt: new Date(now.getTime() + tried.vendorOffsetMs),
    vendorOffsetMs: tried.vendorOffsetMs,
  };
}
