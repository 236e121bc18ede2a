// The database's types, generated from the database itself by kysely-codegen: what the sources believe of the schema.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const typesFile = fileURLToPath(new URL('platform/database-schema.gen.ts', import.meta.url));
const generator = fileURLToPath(new URL('../../node_modules/kysely-codegen/dist/cli/bin.js', import.meta.url));

/** Writes the types of a migrated database, or with `verify` rejects where the committed ones differ. */
export async function generateDatabaseTypes(ownerUrl: string, { verify }: { verify: boolean }): Promise<void> {
  const values = { int8: 'number', xid8: 'string', oid: 'number' };
  await promisify(execFile)(
    process.execPath,
    [
      generator,
      ...['--dialect', 'postgres', '--url', ownerUrl, '--out-file', typesFile],
      ...['--date-parser', 'string', '--numeric-parser', 'string', '--type-mapping', JSON.stringify(values)],
      // Ours alone: the migrations' own table is platform/migrate.ts's business.
      ...['--exclude-pattern', 'schema_migrations'],
      ...(verify ? ['--verify'] : []),
    ],
    { timeout: 60_000 },
  );
}
