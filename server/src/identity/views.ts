// From rows to what the routes answer: camelCase, instants as text.
import type { z } from 'zod';
import type { CreatedApiKey } from './create-api-key.ts';
import type { ApiKeyRow, FranchiseeRow, FranchiseRow, LocationRow } from './queries.ts';
import type { apiKeyView, createdApiKeyView, franchiseeView, franchiseView, locationView } from './schema.ts';

export function viewFranchise(row: FranchiseRow): z.input<typeof franchiseView> {
  return { id: row.id, name: row.name, currency: row.currency, ...edited(row) };
}

export function viewFranchisee(row: FranchiseeRow): z.input<typeof franchiseeView> {
  return { id: row.id, franchiseId: row.franchise_id, name: row.name, ...edited(row) };
}

export function viewLocation(row: LocationRow): z.input<typeof locationView> {
  return {
    id: row.id,
    franchiseId: row.franchise_id,
    franchiseeId: row.franchisee_id,
    name: row.name,
    timeZone: row.time_zone,
    currency: row.currency,
    closingHour: row.closing_hour,
    ...edited(row),
  };
}

function edited(row: { readonly created_at: Date; readonly updated_at: Date; readonly version: number }) {
  return { createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(), version: row.version };
}

export function viewApiKey(row: ApiKeyRow): z.input<typeof apiKeyView> {
  return {
    id: row.id,
    franchiseId: row.franchise_id,
    franchiseeId: row.franchisee_id,
    locationIds: row.location_ids,
    name: row.name,
    prefix: `tsk_${row.prefix}`,
    scopes: row.scopes,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

export function viewCreatedApiKey({ key, row }: CreatedApiKey): z.input<typeof createdApiKeyView> {
  return { ...viewApiKey(row), key };
}
