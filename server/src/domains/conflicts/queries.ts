// Every statement about conflicts. Row security decides which of them an actor finds: those of what it reaches.
import { sql } from 'kysely';
import type { Tx } from '../../platform/database.ts';
import type { RowOwner, Shown } from '../../platform/versioned-update.ts';
import type { ConflictKind } from './conflict-kind.ts';

export type ConflictState = 'open' | 'resolved';
export type Side = 'mine' | 'theirs' | 'merged';

export interface Conflict extends RowOwner {
  readonly id: string;
  readonly entityType: ConflictKind;
  readonly entityId: string;
  readonly conflictType: 'concurrent_update';
  readonly expectedVersion: number;
  readonly currentVersion: number;
  readonly mine: Shown;
  readonly withheld: string[];
  readonly theirs: Shown;
  readonly state: ConflictState;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly resolution: Side | null;
  readonly resolvedVersion: number | null;
  readonly reason: string | null;
  readonly resolvedBy: string | null;
  readonly resolvedAt: Date | null;
}

const columns = sql`id, franchise_id as "franchiseId", franchisee_id as "franchiseeId", location_id as "locationId",
  entity_type as "entityType", entity_id as "entityId", conflict_type as "conflictType",
  expected_version as "expectedVersion", current_version as "currentVersion", source_data as mine, withheld,
  target_data as theirs, state, created_by as "createdBy", created_at as "createdAt", resolution,
  resolved_version as "resolvedVersion", reason, resolved_by as "resolvedBy", resolved_at as "resolvedAt"`;

export type NewConflict = RowOwner &
  Pick<
    Conflict,
    | 'id'
    | 'entityType'
    | 'entityId'
    | 'expectedVersion'
    | 'currentVersion'
    | 'mine'
    | 'theirs'
    | 'createdBy'
    | 'createdAt'
  > & { readonly withheld: readonly string[] };

export async function insertConflict(tx: Tx, row: NewConflict): Promise<void> {
  await sql`
    insert into sync_conflicts (scope_id, id, franchise_id, franchisee_id, location_id, entity_type, entity_id,
      expected_version, current_version, source_data, withheld, target_data, created_by, created_at)
    values (${row.locationId ?? row.franchiseeId ?? row.franchiseId}::uuid, ${row.id}::uuid, ${row.franchiseId}::uuid,
      ${row.franchiseeId}::uuid, ${row.locationId}::uuid, ${row.entityType}, ${row.entityId}::uuid,
      ${row.expectedVersion}::integer, ${row.currentVersion}::integer, ${JSON.stringify(row.mine)}::jsonb,
      ${row.withheld}::text[], ${JSON.stringify(row.theirs)}::jsonb, ${row.createdBy}, ${row.createdAt}::timestamptz)
  `.execute(tx);
}

export interface ConflictFilter {
  readonly kinds: readonly ConflictKind[];
  readonly state: ConflictState | null;
  readonly entityId: string | null;
}

/** Newest first: ids are UUIDv7. */
export async function listConflicts(
  tx: Tx,
  { kinds, state, entityId }: ConflictFilter,
  page: { readonly limit: number; readonly after: string | null },
): Promise<Conflict[]> {
  const { rows } = await sql<Conflict>`
    select ${columns} from sync_conflicts
    where entity_type = any(${kinds}::text[])
      and (${state}::text is null or state = ${state}::text)
      and (${entityId}::uuid is null or entity_id = ${entityId}::uuid)
      and (${page.after}::uuid is null or id < ${page.after}::uuid)
    order by id desc limit ${page.limit}
  `.execute(tx);
  return rows;
}

/** Whether there is a thing of any kind with this id. Of shops' things ids alone are in no index: each shop is asked. */
export async function isThing(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`
    select from locations where id = ${id}::uuid
    union all select from products where id = ${id}::uuid
    union all select from locations as shop cross join lateral (
      select from inventory_items where location_id = shop.id and id = ${id}::uuid offset 0
    ) as item
    union all select from locations as shop cross join lateral (
      select from pos_systems where location_id = shop.id and id = ${id}::uuid offset 0
    ) as system
    limit 1
  `.execute(tx);
  return rows.length > 0;
}

export async function findConflict(tx: Tx, id: string): Promise<Conflict | undefined> {
  const { rows } = await sql<Conflict>`select ${columns} from sync_conflicts where id = ${id}::uuid`.execute(tx);
  return rows[0];
}

/** As findConflict, and whoever else wants to settle it waits. */
export async function lockConflict(tx: Tx, id: string): Promise<Conflict | undefined> {
  const { rows } = await sql<Conflict>`
    select ${columns} from sync_conflicts where id = ${id}::uuid for update
  `.execute(tx);
  return rows[0];
}

export interface Settlement {
  readonly id: string;
  readonly resolution: Side;
  readonly resolvedVersion: number;
  readonly reason: string;
  readonly resolvedBy: string;
  readonly resolvedAt: Date;
}

export async function settleConflict(tx: Tx, { id, ...how }: Settlement): Promise<Conflict> {
  const { rows } = await sql<Conflict>`
    update sync_conflicts set state = 'resolved', resolution = ${how.resolution},
      resolved_version = ${how.resolvedVersion}::integer, reason = ${how.reason}, resolved_by = ${how.resolvedBy},
      resolved_at = ${how.resolvedAt}::timestamptz
    where id = ${id}::uuid and state = 'open'
    returning ${columns}
  `.execute(tx);
  const [settled] = rows;
  if (settled === undefined) throw new Error(`The conflict ${id} was locked open and could not be settled`);
  return settled;
}

/** What an open conflict is about has moved on. */
export async function renewTheirs(
  tx: Tx,
  { id, version, theirs }: { readonly id: string; readonly version: number; readonly theirs: Shown },
): Promise<void> {
  await sql`
    update sync_conflicts set target_data = ${JSON.stringify(theirs)}::jsonb, current_version = ${version}::integer
    where id = ${id}::uuid and state = 'open' and current_version < ${version}::integer
  `.execute(tx);
}
