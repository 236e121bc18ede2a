/** Finds the SQL in a source file: sql`…`, kysely's builders, and what is handed to a `.query(…)` of pg. */
import type { ESTree } from 'vite';
import { type Module, visit } from './project.ts';

export type Fragment = { readonly text: string; readonly start: number };

/** kysely's builders and the statement that each begins. */
const builders = new Map([
  ['insertInto', 'insert into'],
  ['replaceInto', 'insert into'],
  ['mergeInto', 'merge into'],
  ['updateTable', 'update'],
  ['deleteFrom', 'delete from'],
  ['selectFrom', 'select from'],
]);

export function sqlFragments(module: Module): Fragment[] {
  const found: Fragment[] = [];
  visit(module, {
    TaggedTemplateExpression(node) {
      if (isSqlTag(node.tag)) found.push({ text: textOf(node.quasi), start: node.start });
    },
    CallExpression(node) {
      const { callee } = node;
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      const first = node.arguments[0];
      const text = first === undefined ? '' : textOf(first);
      const verb = builders.get(callee.property.name);
      if (verb !== undefined) found.push({ text: `${verb} ${text}`, start: node.start });
      else if (callee.property.name === 'query' || isSqlTag(callee)) found.push({ text, start: node.start });
    },
  });
  return found;
}

/** `sql` itself and what hangs on it: sql.raw, sql.join. */
function isSqlTag(tag: ESTree.Expression): boolean {
  if (tag.type === 'Identifier') return tag.name === 'sql';
  return tag.type === 'MemberExpression' && tag.object.type === 'Identifier' && tag.object.name === 'sql';
}

/** The literal parts of a text; what is computed becomes a question mark. */
function textOf(node: ESTree.Argument): string {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral') return node.quasis.map((part) => part.value.raw).join(' ? ');
  if (node.type === 'BinaryExpression' && node.left.type !== 'PrivateIdentifier') {
    return textOf(node.left) + textOf(node.right);
  }
  return '?';
}

const write =
  /\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?"?([a-z_][a-z_0-9.]*)/gi;

/** The tables that a fragment writes. `for update`, `on update` and `do update set` are not writes of a table. */
export function writtenTables(fragment: Fragment): string[] {
  const text = fragment.text
    .replace(/--.*$/gm, '')
    .replace(/\b(for|on|do|key)\s+(no\s+key\s+)?(update|delete)\b/gi, '');
  return [...text.matchAll(write)].map((match) => (match[1] ?? '').toLowerCase().replace(/^public\./, ''));
}
