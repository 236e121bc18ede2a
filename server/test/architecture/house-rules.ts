/** The house numbers and habits: sizes, names, and the escape hatches of the compiler that stay shut. */
import type { ESTree } from 'vite';
import { at, isTest, type Module, type Rule, visit } from './project.ts';

const fileLinesMax = 400;
const functionLinesMax = 70;
const parametersMax = 3;

const long: Rule = {
  name: `a file has at most ${fileLinesMax} lines`,
  check: ({ modules }) =>
    modules
      .map(({ path, text }) => ({ path, lines: text.replace(/\n$/, '').split('\n').length }))
      .filter(({ lines }) => lines > fileLinesMax)
      .map(({ path, lines }) => `${path} has ${lines} lines`),
  broken: [{ 'client/src/a.ts': '//\n'.repeat(fileLinesMax + 1) }],
  kept: { 'client/src/a.ts': '//\n'.repeat(fileLinesMax) },
};

const tall: Rule = {
  name: `a function has at most ${functionLinesMax} lines, blank ones not counted (tests tell a story of any length)`,
  check: ({ modules }) =>
    modules
      .filter((module) => !isTest(module.path))
      .flatMap((module) =>
        functionsOf(module).flatMap((found) => {
          const lines = module.text
            .slice(found.start, found.end)
            .split('\n')
            .filter((line) => line.trim() !== '').length;
          return lines > functionLinesMax ? [at(module, found.start, `a function of ${lines} lines`)] : [];
        }),
      ),
  broken: [
    { 'client/src/a.ts': `export function f() {\n${'g();\n'.repeat(functionLinesMax - 1)}}` },
    { 'client/src/a.ts': `class A { m = () => {\n${'g();\n'.repeat(functionLinesMax - 1)}} }` },
  ],
  kept: { 'client/src/a.ts': `export function f() {\n${'g();\n\n'.repeat(functionLinesMax - 2)}}` },
};

const wide: Rule = {
  name: `a function has at most ${parametersMax} positional parameters`,
  check: ({ modules }) =>
    modules.flatMap((module) =>
      functionsOf(module)
        .filter((found) => found.params.length > parametersMax)
        .map((found) => at(module, found.start, `${found.params.length} parameters`)),
    ),
  broken: [
    { 'client/src/a.ts': 'export function f(a: 1, b: 2, c: 3, ...d: 4[]) {}' },
    { 'client/src/a.ts': 'class A { constructor(a: 1, b: 2, c: 3, d: 4) {} }' },
  ],
  kept: { 'client/src/a.ts': 'export const f = (a: 1, b: 2, c: 3) => ({ a, b, c });' },
};

function functionsOf(module: Module): (ESTree.Function | ESTree.ArrowFunctionExpression)[] {
  const found: (ESTree.Function | ESTree.ArrowFunctionExpression)[] = [];
  const add = (node: ESTree.Function | ESTree.ArrowFunctionExpression) => void found.push(node);
  visit(module, { FunctionDeclaration: add, FunctionExpression: add, ArrowFunctionExpression: add });
  return found;
}

const named: Rule = {
  name: 'no default exports, except where a tool demands one (*.config.ts)',
  check: ({ modules }) =>
    modules
      .filter((module) => !module.path.endsWith('.config.ts'))
      .flatMap((module) => {
        const found: string[] = [];
        visit(module, {
          ExportDefaultDeclaration: (node) => void found.push(at(module, node.start, 'export default')),
          ExportSpecifier(node) {
            if (node.exported.type === 'Identifier' && node.exported.name === 'default') {
              found.push(at(module, node.start, 'export as default'));
            }
          },
        });
        return found;
      }),
  broken: [{ 'client/src/a.ts': 'export default 1;' }, { 'client/src/a.ts': 'const a = 1; export { a as default };' }],
  kept: { 'dashboard/vite.config.ts': 'export default {};' },
};

const typed: Rule = {
  name: 'no any, no "as unknown as"',
  check: ({ modules }) =>
    modules.flatMap((module) => {
      const found: string[] = [];
      visit(module, {
        TSAnyKeyword: (node) => void found.push(at(module, node.start, 'any')),
        TSAsExpression(node) {
          const { expression } = node;
          if (expression.type === 'TSAsExpression' && expression.typeAnnotation.type === 'TSUnknownKeyword') {
            found.push(at(module, node.start, 'as unknown as'));
          }
        },
      });
      return found;
    }),
  broken: [
    { 'client/src/a.ts': 'export const a: any = 1;' },
    { 'client/src/a.ts': 'export const a = 1 as unknown as string;' },
  ],
  kept: { 'client/src/a.ts': 'export const any = 1 as unknown; // any comment may say any' },
};

const silencers = /@ts-(ignore|expect-error|nocheck)|biome-ignore|eslint-disable/;

const unsilenced: Rule = {
  name: 'no comment that silences the compiler or the linter',
  check: ({ modules }) =>
    modules.flatMap((module) =>
      module.comments
        .filter((comment) => silencers.test(comment.value))
        .map((comment) => at(module, comment.start, comment.value.trim())),
    ),
  broken: ['@ts-ignore', '@ts-expect-error', '@ts-nocheck', 'biome-ignore lint: x', 'eslint-disable-next-line'].map(
    (words) => ({ 'client/src/a.ts': `// ${words}\nexport const a = 1;` }),
  ),
  kept: { 'client/src/a.ts': "export const a = '// @ts-ignore';" },
};

const header: Rule = {
  name: 'every source file opens with a comment that says what it is',
  check: ({ modules }) =>
    modules
      .filter((module) => /^(server|client|client\/codegen|dashboard|simulators|bench)\/src\//.test(module.path))
      .filter((module) => !isTest(module.path))
      .filter((module) => !/^(#!.*\n)?\s*\/[/*]/.test(module.text))
      .map((module) => module.path),
  broken: [{ 'client/src/a.ts': 'export const a = 1; // one' }],
  kept: { 'client/src/a.ts': '#!/usr/bin/env node\n/** One. */\nexport const a = 1;' },
};

const emptyWords = /^(utils?|helpers?|common|shared|misc)$/;
const emptyNames = new Set(['core', 'lib', 'types']);

const telling: Rule = {
  name: 'every file is kebab-case and named after what it does: no shared, core, common, utils, helpers, lib, misc, types',
  check: ({ tree }) =>
    Object.keys(tree).filter((path) =>
      path.split('/').some((segment) => {
        const name = segment.replace(/\..*$/, '');
        return emptyNames.has(name) || name.split('-').some((word) => emptyWords.test(word)) || !isKebab(path, segment);
      }),
    ),
  broken: ['client/src/utils/a.ts', 'client/src/types.ts', 'server/test/test-helpers.ts', 'client/src/newSale.ts'].map(
    (path) => ({ [path]: '' }),
  ),
  kept: { 'client/src/event-types.ts': '', 'server/migrations/0001_who_sells.sql': '', 'README.md': '' },
};

function isKebab(path: string, segment: string): boolean {
  return !/\.(ts|tsx|js)$/.test(path) || /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(segment);
}

export const houseRules: readonly Rule[] = [long, tall, wide, named, typed, unsilenced, header, telling];
