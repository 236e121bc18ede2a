// What others go by is what the sources say: everything generated is rendered anew and compared with what is committed.
import { readdir, readFile } from 'node:fs/promises';
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

test('every route that a page names is there', async () => {
  const { paths }: { paths: Record<string, object> } = JSON.parse(
    await readFile(new URL('openapi.json', root), 'utf8'),
  );
  const known = new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`),
    ),
  );
  const pages = ['README.md', ...(await readdir(new URL('docs/', root))).map((name) => `docs/${name}`)];
  const unknown: string[] = [];
  let named = 0;
  for (const page of pages.filter((name) => /\.(?:md|json)$/.test(name))) {
    const text = await readFile(new URL(page, root), 'utf8');
    for (const [, method, path = ''] of text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE)\s+(\/v1\/[\w{}/-]*[\w}])/g)) {
      named += 1;
      const route = `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
      if (!known.has(route)) unknown.push(`${page}: ${method} ${path}`);
    }
  }
  expect(named).toBeGreaterThan(50);
  expect(unknown).toEqual([]);
});
