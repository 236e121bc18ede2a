/**
 * The source tree as the architecture's rules see it: parsed files, and who imports whom. A rule is a function of this
 * alone, so that it can also be fed a few planted files and be seen to refuse them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type ESTree, parseSync, Visitor, type VisitorObject } from 'vite';

/** Path (from the repository's root, with slashes) -> text. */
export type Tree = Readonly<Record<string, string>>;

export type Import = {
  readonly specifier: string;
  /** The file of this tree that a relative specifier means; undefined for packages and for files that are not there. */
  readonly target: string | undefined;
  readonly line: number;
};

export type Module = {
  readonly path: string;
  readonly text: string;
  readonly program: ESTree.Program;
  readonly comments: readonly { readonly value: string; readonly start: number }[];
  readonly imports: readonly Import[];
};

export type Project = { readonly tree: Tree; readonly modules: readonly Module[] };

export type Rule = {
  /** What holds, as a sentence. */
  readonly name: string;
  /** Returns one line for each place where it does not hold: `path:line what`. */
  readonly check: (project: Project) => readonly string[];
  /** Trees that break the rule: a rule that lets one of them pass checks nothing. */
  readonly broken: readonly Tree[];
  /** A tree that comes close and keeps it. */
  readonly kept: Tree;
};

const skippedFolders = new Set(['node_modules', 'dist', 'coverage', '.git', '.tillstream']);
const readEndings = ['.ts', '.tsx', '.js', '.sql', 'package.json', '.md'];

/** Reads the repository. Generated files (`*.gen.ts`) are as long and as named as their generator likes. */
export function readTree(root: string): Tree {
  const tree: Record<string, string> = {};
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) pending.push(path);
      const wanted = readEndings.some((ending) => path.endsWith(ending)) && !path.endsWith('.gen.ts');
      if (entry.isFile() && wanted) tree[path] = readFileSync(join(root, path), 'utf8');
    }
  }
  return tree;
}

export function parseProject(tree: Tree): Project {
  const modules = Object.entries(tree)
    .filter(([path]) => /\.(ts|tsx|js)$/.test(path))
    .map(([path, text]) => parseModule(tree, path, text));
  return { tree, modules };
}

function parseModule(tree: Tree, path: string, text: string): Module {
  const { program, comments, errors } = parseSync(path, text);
  const first = errors[0];
  if (first !== undefined) throw new Error(`${path} does not parse: ${first.message}`);
  const imports: Import[] = [];
  const add = (source: { value?: unknown; start: number } | null) => {
    if (source === null || typeof source.value !== 'string') return;
    const target = resolve(tree, path, source.value);
    imports.push({ specifier: source.value, target, line: lineOf(text, source.start) });
  };
  // Type imports count: they bind two files as firmly as values do, for the reader and for the compiler.
  const visitor: VisitorObject = {
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source.type === 'Literal' ? node.source : null),
    TSImportType: (node) => add(node.source),
  };
  new Visitor(visitor).visit(program);
  return { path, text, program, comments, imports };
}

function resolve(tree: Tree, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const base = posix.join(posix.dirname(from), specifier);
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((path) => tree[path] !== undefined);
}

export function visit(module: Module, visitor: VisitorObject): void {
  new Visitor(visitor).visit(module.program);
}

export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** `path:line what`, as editors and terminals make it a link. */
export function at(module: Module, offset: number, what: string): string {
  return `${module.path}:${lineOf(module.text, offset)} ${what}`;
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /(^|\/)test\//.test(path);
}
