/**
 * The architecture, as a test: what ARCHITECTURE.md draws and CONTRIBUTING.md asks for is read off the sources. A rule is
 * first shown trees that break it (planted with it), so that none can go blind unnoticed.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ambientRules } from './architecture/ambient-rules.ts';
import { arrowRules } from './architecture/arrows.ts';
import { dataRules } from './architecture/data-rules.ts';
import { dependencyRules } from './architecture/dependency-rules.ts';
import { houseRules } from './architecture/house-rules.ts';
import { parseProject, readTree } from './architecture/project.ts';

const project = parseProject(readTree(fileURLToPath(new URL('../../', import.meta.url))));
const rules = [...arrowRules, ...dataRules, ...ambientRules, ...houseRules, ...dependencyRules];

test('the sources are found', () => {
  expect(project.modules.map((module) => module.path)).toContain('server/test/architecture.test.ts');
});

describe.for(rules)('$name', (rule) => {
  test('holds', () => {
    expect(rule.check(project)).toEqual([]);
  });

  test('refuses each planted violation, and only those', () => {
    for (const tree of rule.broken) {
      expect(rule.check(parseProject(tree)), JSON.stringify(tree)).not.toEqual([]);
    }
    expect(rule.check(parseProject(rule.kept))).toEqual([]);
  });
});
