// What others go by is what the sources say: everything generated is rendered anew and compared with what is committed.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generateDatabaseTypes } from '../src/database-types.ts';
import { renderGeneratedFiles } from '../src/generated-files.ts';
import { openTestDatabase } from './harness/test-database.ts';

const root = new URL('../../', import.meta.url);

test.each([
  ...(await renderGeneratedFiles()),
])('%s is as the sources say (else: npm run generate)', async (path, text) => {
  expect(await readFile(new URL(path, root), 'utf8')).toBe(text);
});

test('the types of the database are those of the migrated schema (else: npm run generate)', async () => {
  const database = await openTestDatabase();
  try {
    await generateDatabaseTypes(database.ownerUrl, { verify: true });
  } finally {
    await database.close();
  }
});
