// The wire shapes of identity: what its routes take and answer. Names and lists have limits, unknown fields are refused.
import { z } from 'zod';
import { currencyField } from '../platform/currencies.ts';
import { changesOf } from '../platform/versioned-update-wire.ts';
import { keyScopes, roles } from './roles.ts';

const nameCharactersMax = 200;
const keyLocationsMax = 1_000;

const id = z.uuid().toLowerCase();
const name = z.string().trim().min(1).max(nameCharactersMax);
const instant = z.iso.datetime();
const currency = currencyField.describe('ISO 4217; one with at most two digits after the point');

export const idParams = z.strictObject({ id });

export const franchiseView = z.object({
  id,
  name: z.string(),
  currency: z.string(),
  createdAt: instant,
  updatedAt: instant,
  version: z.int(),
});

export const franchiseeView = z.object({
  id,
  franchiseId: id,
  name: z.string(),
  createdAt: instant,
  updatedAt: instant,
  version: z.int(),
});

export const locationView = z.object({
  id,
  franchiseId: id,
  franchiseeId: id.nullable().describe('Null where the brand runs the shop itself'),
  name: z.string(),
  timeZone: z.string().describe('IANA name'),
  currency: z.string().describe('ISO 4217'),
  closingHour: z.int().describe('The local hour at which a business day ends'),
  createdAt: instant,
  updatedAt: instant,
  version: z.int(),
});

const timeZone = z.string().min(1).max(64).describe('IANA name, such as America/New_York');
const closingHour = z.int().min(0).max(23);

export const newLocation = z.strictObject({
  franchiseId: id.exactOptional().describe('Needed only by who belongs to several'),
  franchiseeId: id.nullable().exactOptional().describe('Null or left out: the brand runs the shop itself'),
  name,
  timeZone,
  currency: currency.exactOptional().describe("ISO 4217; the brand's where it is left out"),
  closingHour: closingHour.exactOptional().describe('The local hour at which a business day ends; 4 if left out'),
});

export const locationChanges = changesOf({
  name: name.exactOptional(),
  timeZone: timeZone.exactOptional(),
  currency: currency.exactOptional().describe('ISO 4217; what was sold before keeps its own'),
  closingHour: closingHour.exactOptional().describe('The local hour at which a business day ends'),
});

export type LocationChanges = z.output<typeof locationChanges>;

const scopes = z.array(z.enum(keyScopes)).min(1).max(keyScopes.length);

export const apiKeyView = z.object({
  id,
  franchiseId: id,
  franchiseeId: id.nullable(),
  locationIds: z.array(id).nullable().describe('Null: all shops of the franchisee or brand'),
  name: z.string(),
  prefix: z.string().describe('The beginning of the key, which may be shown'),
  scopes: z.array(z.enum(keyScopes)),
  createdBy: z.string(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
});

export const newApiKey = z.strictObject({
  franchiseId: id.exactOptional().describe('Needed only by who belongs to several'),
  franchiseeId: id.nullable().exactOptional().describe('Narrows the key to one franchisee'),
  locationIds: z
    .array(id)
    .min(1)
    .max(keyLocationsMax)
    .nullable()
    .exactOptional()
    .describe('Narrows the key to these shops'),
  name,
  scopes,
  expiresAt: z.iso.datetime({ offset: true }).nullable().exactOptional(),
});

export const createdApiKeyView = apiKeyView.extend({
  key: z.string().describe('The whole key. It is shown this once and cannot be read again.'),
});

export const meView = z.object({
  actor: z.object({ kind: z.enum(['user', 'key']), id, name: z.string() }),
  memberships: z.array(
    z.object({
      role: z.enum(roles),
      franchiseId: id,
      franchiseeId: id.nullable(),
      locationId: id.nullable(),
    }),
  ),
  key: z
    .object({
      scopes: z.array(z.enum(keyScopes)),
      franchiseId: id,
      franchiseeId: id.nullable(),
      locationIds: z.array(id).nullable(),
    })
    .nullable()
    .describe('What the key may do and where; null for people'),
  expiresAt: instant.nullable().describe('When the credential ends by itself'),
});
