// Two thousand tills at two thousand shops, written straight into the tables: registering them is not what is measured.
import { createSecrets, sealCredentials } from '@tillstream/server/measured';
import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { VendorTill } from './vendors-at-work.ts';

export interface RegisteredTill {
  readonly posSystemId: string;
  readonly systemType: VendorTill['systemType'];
  readonly isHanging: boolean;
  /** Unix time in ms, by the database's clock. */
  readonly dueMs: number;
}

/** All of them due within the minute that begins `inMs` from now, evenly; asked once in a quarter of an hour. */
export async function registerTills(
  client: pg.Client,
  tills: readonly VendorTill[],
  { secretKey, inMs }: { readonly secretKey: Uint8Array; readonly inMs: number },
): Promise<RegisteredTill[]> {
  const franchiseId = uuidv7();
  const secrets = createSecrets([secretKey]);
  const rows = tills.map((till) => {
    const owner = { franchiseId, locationId: uuidv7(), posSystemId: uuidv7() };
    return { ...till, ...owner, sealed: sealCredentials(secrets, owner, till.credentials) };
  });
  await client.query(`insert into franchises (id, name, currency) values ($1, 'Measured brand', 'USD')`, [franchiseId]);
  await client.query(
    `insert into products (id, franchise_id, sku, name, unit, price, currency)
     values ($1, $2, 'SKU-1000', 'Latte', 'piece', 4.5, 'USD')`,
    [uuidv7(), franchiseId],
  );
  const shops = rows.map(({ locationId }) => locationId);
  const systems = rows.map(({ posSystemId }) => posSystemId);
  await client.query(
    `insert into locations (id, franchise_id, name, time_zone, currency)
     select id, $1, 'Shop ' || n, 'America/New_York', 'USD' from unnest($2::uuid[]) with ordinality as shop (id, n)`,
    [franchiseId, shops],
  );
  await client.query(
    `insert into pos_systems (location_id, id, franchise_id, name, system_type, api_endpoint, api_credentials, settings)
     select shop, till, $1, 'Till', make, endpoint, sealed, settings::jsonb
     from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::text[])
       as till (shop, till, make, endpoint, sealed, settings)`,
    [
      ...[franchiseId, shops, systems, rows.map((row) => row.systemType), rows.map((row) => row.endpoint)],
      ...[rows.map((row) => row.sealed), rows.map((row) => JSON.stringify(row.settings))],
    ],
  );
  // In no order of their vendors, as they come in life: the one that hangs is among all of them.
  const { rows: asked } = await client.query<{ id: string; due: Date }>(
    `insert into pos_connections (location_id, pos_system_id, franchise_id, system_type, host, cursor_at, floor_at,
       catalogue_at, next_scan_at, frequency_minutes, next_poll_at)
     select shop, till, $1, make, host, now() - interval '1 hour', now() - interval '1 hour', now(),
       now() + interval '1 day', 15,
       now() + $6 * interval '1 millisecond' + (row_number() over (order by md5(till::text)) - 1) * interval '1 minute' / count(*) over ()
     from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as till (shop, till, make, host)
     returning pos_system_id as id, next_poll_at as due`,
    [
      ...[franchiseId, shops, systems, rows.map((row) => row.systemType)],
      ...[rows.map((row) => `${row.systemType}:${new URL(row.endpoint).host}`), inMs],
    ],
  );
  const dueOf = new Map(asked.map(({ id, due }) => [id, due.getTime()]));
  return rows.map(({ posSystemId, systemType, isHanging }) => {
    return { posSystemId, systemType, isHanging, dueMs: dueOf.get(posSystemId) ?? Number.NaN };
  });
}
