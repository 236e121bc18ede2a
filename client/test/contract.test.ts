// Every route of the server has a call: what the contract gains is missed here until the client speaks it.
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const contract: { paths: Record<string, Record<string, unknown>> } = JSON.parse(
  readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
);
const sources = globSync(`${import.meta.dirname}/../src/**/*.ts`)
  .filter((path) => !path.endsWith('.gen.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(path, 'utf8'));

/** Spoken by others: Supabase's own client broadcasts over HTTP, and the vendors of tills send webhooks. */
const spokenElsewhere = /^(?:\/realtime\/v1)?\/api\/broadcast|^\/v1\/webhooks\//;

test('every route of the contract has its call', () => {
  const called = new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/http\s*\.(GET|POST|PUT|PATCH|DELETE)\(\s*'([^']+)'/g)].map(
        ([, verb, path]) => `${verb} ${path}`,
      ),
    ),
  );
  const routes = Object.entries(contract.paths)
    .filter(([path]) => !spokenElsewhere.test(path))
    .flatMap(([path, verbs]) => Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`));
  expect(routes.length).toBeGreaterThan(30);
  expect(routes.filter((route) => !called.has(route))).toEqual([]);
});
