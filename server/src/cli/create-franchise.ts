// tillstream create-franchise
import { parseArgs } from 'node:util';
import { addMembership, createApiKey, createFranchise, createUser } from '../identity/index.ts';
import { backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import { currencyProblem } from '../platform/currencies.ts';
import { Database, type Tx } from '../platform/database.ts';
import { poolUrl } from '../platform/database-roles.ts';
import { type Command, UsageError } from './command.ts';
import { withDatabase } from './with-database.ts';

const operator = backgroundActor('operator');

interface NewBrand {
  readonly name: string;
  readonly currency: string;
  readonly owner: string;
}

export const createFranchiseCommand: Command = {
  name: 'create-franchise',
  usage: 'npm run -s tillstream -- create-franchise --name NAME --currency USD [--owner "Name of its admin"]',
  summary: 'Founds a brand with its first admin, and prints their ids and an API key with the scope admin, this once.',
  async run(args) {
    const brand = readBrand(args);
    const founded = await withDatabase(async (ownerUrl) => {
      const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 2 });
      try {
        return await db.transaction(operator, (tx) => found(tx, brand));
      } finally {
        await db.close();
      }
    });
    console.log(JSON.stringify(founded, null, 2));
    return undefined;
  },
};

async function found(tx: Tx, { name, currency, owner }: NewBrand) {
  const { id: franchiseId } = await createFranchise(tx, { name, currency });
  const { id: userId } = await createUser(tx, { name: owner });
  await addMembership(tx, { userId, place: { role: 'franchise_admin', franchiseId }, at: systemClock.now() });
  const keyOf = { franchiseId, name: 'first key', scopes: ['admin'], createdBy: operator.id } as const;
  const { key } = await createApiKey(tx, keyOf);
  return { franchiseId, userId, key };
}

function readBrand(args: readonly string[]): NewBrand {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { name: text, currency: text, owner: text } });
  const { name = '', currency = '', owner = 'Owner' } = values;
  for (const [option, value] of [
    ['--name', name],
    ['--owner', owner],
  ]) {
    if (!/^[^\p{Cc}]{1,200}$/u.test(value?.trim() ?? ''))
      throw new UsageError(`${option} must be a name of 1 to 200 characters.`);
  }
  const problem = currencyProblem(currency);
  if (problem !== null) throw new UsageError(`--currency ${problem}; got "${currency}".`);
  return { name, currency, owner };
}
