// The words for what somebody is (roles, for people) and what a key was made for (scopes). What each may do is the table
// in permissions.ts.

/** A role stands at one place of the tree: the brand, a franchisee, or (the last two) a shop. */
export const roles = ['franchise_admin', 'franchisee', 'location_manager', 'staff'] as const;

export type Role = (typeof roles)[number];

export const keyScopes = [
  'sales:write',
  'pos:manage',
  'inventory:read',
  'inventory:write',
  'realtime:read',
  'keys:manage',
  'admin',
] as const;

export type KeyScope = (typeof keyScopes)[number];
