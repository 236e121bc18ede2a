// The permission table as a page of the documentation; docs/permissions.md is its output, and a test compares the two.
import { actions, permissions } from './permissions.ts';
import { keyScopes, roles } from './roles.ts';

/** The whole Markdown page. */
export function renderPermissionTable(): string {
  const forPeople = actions.map((action) => {
    const { does, roles: holders } = permissions[action];
    return [`\`${action}\``, does, ...roles.map((role) => mark(holders.includes(role)))];
  });
  const forKeys = actions.map((action) => {
    const { does, scopes } = permissions[action];
    return [`\`${action}\``, does, ...keyScopes.map((scope) => mark(scopes.includes(scope)))];
  });
  return [
    '# Who may do what',
    '',
    '<!-- Generated from server/src/identity/permissions.ts by `npm run generate`; do not edit. -->',
    '',
    'A right counts only within the place that it was given for: the brand (`franchise_admin`), one franchisee',
    '(`franchisee`) or one shop (`location_manager`, `staff`); an API key counts in the shops, the franchisee or the',
    'brand that it was made for. Whatever lies outside the reach of a credential answers 404, as if it did not exist;',
    'what it sees but may not do answers 403 `identity.forbidden`.',
    '',
    '## People, by role',
    '',
    ...markdownTable(['Action', 'May', ...roles.map((role) => `\`${role}\``)], forPeople),
    '',
    '## API keys, by scope',
    '',
    'A key can be given no more than its maker has: neither actions, nor places, nor (by another key) a later end.',
    '',
    ...markdownTable(['Action', 'May', ...keyScopes.map((scope) => `\`${scope}\``)], forKeys),
    '',
  ].join('\n');
}

const mark = (allowed: boolean): string => (allowed ? 'yes' : '');

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
