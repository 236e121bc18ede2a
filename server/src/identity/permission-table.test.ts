import { expect, test } from 'vitest';
import { renderPermissionTable } from './permission-table.ts';
import { actions } from './permissions.ts';

test('the page has each action once for people and once for keys', () => {
  const page = renderPermissionTable();
  for (const action of actions) expect(page.split(`| \`${action}\` |`), action).toHaveLength(3);
});
