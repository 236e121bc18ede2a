// tillstream migrate
import type { Command } from './command.ts';
import { withDatabase } from './with-database.ts';

export const migrateCommand: Command = {
  name: 'migrate',
  usage: 'npm run -s tillstream -- migrate',
  summary: 'Brings the database (DATABASE_URL, else the embedded one) to this release: roles, tables, partitions.',
  async run() {
    const { applied, epoch } = await withDatabase(async (_ownerUrl, prepared) => prepared);
    for (const name of applied) console.log(`applied ${name}`);
    console.log(`The database is up to date (${applied.length} applied now, epoch ${epoch}).`);
  },
};
