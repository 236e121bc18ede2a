// The operator at the command line: who can give commands there owns the database, so nothing is kept from him but
// mistakes. He acts through the same permission check as everybody, as an administrator of the brand of this one shop.
import { type Caller, withGrants } from '../identity/caller.ts';

export const operatorId = 'system:operator';

export function operatorAt({ franchiseId }: { readonly franchiseId: string }): Caller {
  const subject = { kind: 'api_key', id: operatorId } as const;
  const place = { franchiseId, franchiseeId: null, locationIds: null };
  return withGrants({ id: operatorId, kind: 'key', role: 'tillstream_user', subject, expiresAt: null }, [
    { kind: 'key', scopes: ['sales:write'], place },
  ]);
}
