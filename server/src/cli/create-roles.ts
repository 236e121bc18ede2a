// tillstream create-roles
import { readConfig } from '../config.ts';
import { ensureRoles } from '../platform/database-roles.ts';
import { asOwner } from '../platform/owner-connection.ts';
import type { Command } from './command.ts';

export const createRolesCommand: Command = {
  name: 'create-roles',
  usage: 'DATABASE_URL=postgres://OWNER:PASSWORD@HOST/DATABASE npm run -s tillstream -- create-roles',
  summary:
    'Makes the roles that a dump refers to and does not hold. Run it once in a fresh cluster, before the dump is restored ' +
    'there; it makes no tables.',
  async run() {
    const { url } = readConfig().database;
    if (url === null) throw new Error('Set DATABASE_URL: the embedded database makes its roles by itself.');
    await asOwner(url, (owner) => ensureRoles(owner, url));
    console.log('The roles exist. Now restore the dump, as the same owner.');
  },
};
