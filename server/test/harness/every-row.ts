// Everything that a dump of the database holds, as text: each row of each table, bytes in hexadecimal. What must be in no
// dump is looked for here.
import type { TestDatabase } from './test-database.ts';

export async function everyRowOf({ rows }: Pick<TestDatabase, 'rows'>): Promise<string[]> {
  const tables = await rows<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name from pg_class join pg_namespace n on n.oid = relnamespace
     where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const found = await rows<{ text: string }>(`select t::text as text from ${name} as t`);
    texts.push(...found.map(({ text }) => text));
  }
  return texts;
}
