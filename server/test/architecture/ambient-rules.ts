/** What a file may not take from the air: the environment, the time, the network; and tests that do not run. */
import type { ESTree, VisitorObject } from 'vite';
import { at, isTest, type Module, type Rule, visit } from './project.ts';

/** A rule about single expressions in the sources that `applies` picks. */
function expressionRule(parts: {
  name: string;
  applies: (path: string) => boolean;
  look: (report: (node: ESTree.Span, what: string) => void) => VisitorObject;
  broken: Rule['broken'];
  kept: Rule['kept'];
}): Rule {
  const check = (module: Module) => {
    const found: string[] = [];
    visit(
      module,
      parts.look((node, what) => void found.push(at(module, node.start, what))),
    );
    return found;
  };
  return {
    name: parts.name,
    check: ({ modules }) => modules.filter((module) => parts.applies(module.path)).flatMap(check),
    broken: parts.broken,
    kept: parts.kept,
  };
}

/** `a.b.c` as text; undefined for anything computed. */
function dotted(node: ESTree.Expression | ESTree.Super): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.property.type !== 'Identifier') return undefined;
  const object = dotted(node.object);
  return object === undefined ? undefined : `${object}.${node.property.name}`;
}

const inServer = (path: string) => path.startsWith('server/src/') && !isTest(path);

const environment = expressionRule({
  name: 'the environment is read in config.ts alone',
  applies: (path) => inServer(path) && path !== 'server/src/config.ts',
  look: (report) => ({
    MemberExpression(node) {
      if (dotted(node) === 'process.env') report(node, 'process.env');
    },
    ImportDeclaration(node) {
      const named = node.specifiers.some(
        (part) =>
          part.type === 'ImportSpecifier' && part.imported.type === 'Identifier' && part.imported.name === 'env',
      );
      if (/^(node:)?process$/.test(node.source.value) && named) report(node, 'imports env');
    },
  }),
  broken: [
    { 'server/src/app.ts': "const port = process.env['PORT'];" },
    { 'server/src/platform/logger.ts': "import { env } from 'node:process';" },
  ],
  kept: { 'server/src/config.ts': 'export const read = () => process.env.PORT;', 'server/src/main.ts': 'process.pid;' },
});

const time = expressionRule({
  name: 'the time is read in platform/clock.ts alone',
  applies: (path) => inServer(path) && path !== 'server/src/platform/clock.ts',
  look: (report) => ({
    NewExpression(node) {
      if (dotted(node.callee) === 'Date' && node.arguments.length === 0) report(node, 'new Date()');
    },
    MemberExpression(node) {
      if (dotted(node) === 'Date.now') report(node, 'Date.now');
    },
    CallExpression(node) {
      if (dotted(node.callee) === 'Date') report(node, 'Date()');
    },
  }),
  broken: [
    { 'server/src/app.ts': 'const now = new Date();' },
    { 'server/src/events/append.ts': 'const clock = Date.now;' },
    { 'server/src/events/append.ts': 'const text = Date();' },
  ],
  kept: { 'server/src/platform/clock.ts': 'new Date();', 'server/src/app.ts': 'new Date(0); clock.now();' },
});

const network = expressionRule({
  name: 'the dashboard talks to the server through the client alone',
  applies: (path) => path.startsWith('dashboard/src/') && !isTest(path),
  look: (report) => ({
    CallExpression(node) {
      if (/^((window|globalThis)\.)?fetch$/.test(dotted(node.callee) ?? '')) report(node, 'fetch');
    },
    NewExpression(node) {
      const name = dotted(node.callee) ?? '';
      if (/(^|\.)(WebSocket|EventSource|XMLHttpRequest)$/.test(name)) report(node, `new ${name}`);
    },
  }),
  broken: [
    { 'dashboard/src/main.tsx': "await fetch('/v1/me');" },
    { 'dashboard/src/main.tsx': "new WebSocket('/socket/websocket');" },
  ],
  kept: { 'dashboard/src/main.tsx': 'await client.fetchSales();', 'client/src/http.ts': "fetch('/');" },
});

const testWords = /^(test|it|describe|suite|bench)$/;
const evasions = /^(skip|only|todo|skipIf|runIf|fails)$/;

const allTestsRun = expressionRule({
  name: 'no test is skipped, focused, expected to fail, or run against a mocked module',
  applies: isTest,
  look: (report) => ({
    MemberExpression(node) {
      const parts = dotted(node)?.split('.') ?? [];
      if (testWords.test(parts[0] ?? '') && evasions.test(parts.at(-1) ?? '')) report(node, parts.join('.'));
    },
    CallExpression(node) {
      const name = dotted(node.callee) ?? '';
      if (/^vi\.(mock|doMock)$|^(context|ctx|task)\.skip$/.test(name)) report(node, name);
    },
    ObjectPattern(node) {
      // `test('…', ({ skip }) => skip())`
      const taken = node.properties.some(
        (part) => part.type === 'Property' && part.key.type === 'Identifier' && part.key.name === 'skip',
      );
      if (taken) report(node, '{ skip }');
    },
  }),
  broken: [
    "test.skip('x', () => {});",
    "describe.only('x', () => {});",
    "test.runIf(process.env.CI)('x', () => {});",
    "it.concurrent.skip('x', () => {});",
    "test('x', (context) => context.skip());",
    "test('x', ({ skip }) => skip());",
    "vi.mock('./database.ts');",
  ].map((text) => ({ 'server/src/a.test.ts': text })),
  kept: { 'server/src/a.test.ts': "test.for([1])('a bad line is skipped', () => {});" },
});

export const ambientRules: readonly Rule[] = [environment, time, network, allTestsRun];
