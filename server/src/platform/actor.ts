// Who acts, as far as the database is concerned: the role a transaction takes and the settings that its row policies
// compare with. What the settings mean is decided above (identity/ fills them); the platform only hands them over.

/** The database roles of migrations/: none of them owns anything, is superuser or bypasses row security. */
export const databaseRoles = [
  'tillstream_none',
  'tillstream_user',
  'tillstream_background',
  'tillstream_ingest',
] as const;

export type DatabaseRole = (typeof databaseRoles)[number];

/** Every setting that a policy reads. All are set in each transaction, so that none survives from an earlier one. */
export const actorSettings = [
  'app.franchises',
  'app.franchisees',
  'app.locations',
  'app.memberships',
  'app.user',
] as const;

export type ActorSetting = (typeof actorSettings)[number];

export interface Actor {
  /** Opaque: what `performed_by` and the logs say, e.g. `user:<id>`, `key:<id>`, `system:relay`. */
  readonly id: string;
  readonly kind: 'user' | 'key' | 'system';
  readonly role: Exclude<DatabaseRole, 'tillstream_none'>;
  readonly settings: Readonly<Partial<Record<ActorSetting, string>>>;
}

/** An actor for the parts that work without a person: followers, the relay, look-ups before there is an actor. */
export function backgroundActor(part: string): Actor {
  return { id: `system:${part}`, kind: 'system', role: 'tillstream_background', settings: {} };
}

/** Formats ids as the PostgreSQL array literal that the policies cast to uuid[]. */
export function uuidList(ids: Iterable<string>): string {
  return `{${[...ids].join(',')}}`;
}
