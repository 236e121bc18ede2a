// Which installation this is: the nodes of one database call it the same, and those of another differently.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';

/** Sixteen characters that are safe in any address. */
export async function installationName(tx: Tx): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select system_identifier || '/' || database_oid as name from feed`.execute(tx);
  const [found] = rows;
  if (found === undefined)
    throw new Error('The row of "feed" is missing: prepareDatabase was not run on this database');
  return createHash('sha256').update(found.name).digest('hex').slice(0, 16);
}
