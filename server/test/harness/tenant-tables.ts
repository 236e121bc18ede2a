// The tables of the database as the row-security tests expect them: whose the rows are, and the policies that follow.
export type Ownership = 'shop' | 'tenant with shops' | 'tenant' | 'brand' | 'person' | 'background';

/** Every tenant table, and who its rows belong to (migrations/0001_foundations.sql explains the kinds). */
export const tenantTables: Readonly<Record<string, Ownership>> = {
  franchises: 'brand',
  franchisees: 'tenant',
  locations: 'shop',
  users: 'person',
  memberships: 'tenant with shops',
  api_keys: 'tenant',
  sync_events: 'tenant with shops',
  products: 'brand',
  inventory_items: 'shop',
  stock_movements: 'shop',
  stock_alerts: 'shop',
  pos_systems: 'shop',
  pos_transactions: 'shop',
  pos_transaction_items: 'shop',
  product_mappings: 'shop',
  unmapped_lines: 'shop',
  sync_errors: 'shop',
  pos_catalogue_items: 'shop',
  pos_connections: 'shop',
  pos_syncs: 'shop',
  pos_hints: 'shop',
  pos_day_proofs: 'shop',
  pos_proof_sales: 'shop',
  pos_consents: 'shop',
  pos_vendor_places: 'shop',
  pos_webhook_endpoints: 'tenant',
  pos_webhook_messages: 'tenant',
  notification_queue: 'person',
  sync_conflicts: 'tenant with shops',
  idempotency_keys: 'background',
};

/** Those of which people and keys have rows to see. */
export const userTables = Object.keys(tenantTables).filter((table) => tenantTables[table] !== 'background');

/** Tables of the machine, without a tenant's rows. */
export const ownTables = [
  'feed',
  'follower_positions',
  'import_checkpoints',
  'pos_rate_limits',
  'relay_lease',
  'retired_partitions',
  'schema_migrations',
];

const common = ['background_all ALL tillstream_background', 'owner_all ALL owner'];
const shared = [...common, 'user_reach ALL tillstream_user'];
const withShops = [...shared, 'ingest_batch ALL tillstream_ingest'];
export const policiesOf: Readonly<Record<Ownership, readonly string[]>> = {
  shop: withShops,
  'tenant with shops': withShops,
  tenant: shared,
  brand: [...common, 'brand_write ALL tillstream_user', 'member_read SELECT tillstream_ingest,tillstream_user'],
  person: [...common, 'own_rows ALL tillstream_user'],
  background: common,
};

/** Policies that widen what is read beyond the table's kind; each has its reason in its migration. */
export const furtherPolicies: Readonly<Record<string, readonly string[]>> = {
  franchisees: ['firm_of_own_shops SELECT tillstream_user'],
  memberships: ['own_memberships SELECT tillstream_user'],
  users: ['colleagues SELECT tillstream_user'],
};
