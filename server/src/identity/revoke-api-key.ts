// Ends an API key at once and for good: the row stays, so that what the key did can still be told.
import { append } from '../events/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import type { Authenticator } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { apiKeyNotFound } from './errors.ts';
import { requirePermission } from './permissions.ts';
import { type ApiKeyRow, lockApiKey, setRevoked } from './queries.ts';

/** Marks the key revoked and appends access.changed; one revoked before keeps its first date, without a second event. */
export async function revokeApiKey(tx: Tx, { key, at }: { key: ApiKeyRow; at: Date }): Promise<void> {
  if (key.revoked_at !== null) return;
  await setRevoked(tx, key.id, at);
  await append(tx, [
    {
      type: 'access.changed',
      owner: { franchiseId: key.franchise_id, franchiseeId: key.franchisee_id, locationId: null },
      entityId: key.id,
      operation: 'UPDATE',
      record: null,
      changeData: { subjectKind: 'api_key', subjectId: key.id, change: 'revoked' },
      sourceSystem: 'api',
      timestamp: at,
    },
  ]);
}

export interface WithdrawalParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
}

/**
 * The caller revokes a key. When this returns, this node refuses the key; others do as soon as the event reaches them.
 * Throws `identity.api_key_not_found` or `identity.forbidden`.
 */
export async function withdrawApiKey(parts: WithdrawalParts, caller: Caller, id: string): Promise<void> {
  await parts.db.transaction(caller, async (tx) => {
    const key = await lockApiKey(tx, id);
    if (!key) throw apiKeyNotFound(`There is no API key ${id}.`);
    const { franchise_id: franchiseId, franchisee_id: franchiseeId } = key;
    requirePermission(caller, 'keys.manage', { franchiseId, franchiseeId, locationId: null });
    await revokeApiKey(tx, { key, at: parts.clock.now() });
  });
  parts.authenticator.forget({ kind: 'api_key', id });
}
