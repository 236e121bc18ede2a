// tillstream create-api-key
import { parseArgs } from 'node:util';
import { validate as isUuid } from 'uuid';
import { createApiKey, type KeyScope, keyScopes } from '../identity/index.ts';
import { backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import { Database } from '../platform/database.ts';
import { poolUrl } from '../platform/database-roles.ts';
import { type Command, UsageError } from './command.ts';
import { withDatabase } from './with-database.ts';

const operator = backgroundActor('operator');

export const createApiKeyCommand: Command = {
  name: 'create-api-key',
  usage:
    'npm run -s tillstream -- create-api-key --franchise ID --scopes SCOPE[,SCOPE…] [--name NAME] ' +
    '[--locations ID[,ID…]] [--expires 2027-01-31T00:00:00Z]',
  summary: `Makes an API key and prints it, this once. Scopes: ${keyScopes.join(', ')}.`,
  async run(args) {
    const request = readRequest(args);
    await withDatabase(async (ownerUrl) => {
      const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 2 });
      try {
        const { key } = await db.transaction(operator, (tx) => createApiKey(tx, request));
        console.log(key);
      } finally {
        await db.close();
      }
    });
  },
};

function readRequest(args: readonly string[]): Parameters<typeof createApiKey>[1] {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { franchise: text, scopes: text, name: text, locations: text, expires: text },
  });
  const locationIds = values.locations?.split(',') ?? null;
  if (!isUuid(values.franchise ?? '')) throw new UsageError('--franchise must be the id of a franchise, a UUID.');
  if (!(locationIds ?? []).every(isUuid))
    throw new UsageError('--locations must be ids of locations, separated by commas.');
  return {
    franchiseId: values.franchise ?? '',
    scopes: readScopes(values.scopes),
    name: values.name ?? 'made on the command line',
    locationIds,
    expiresAt: values.expires === undefined ? null : readInstant(values.expires),
    createdBy: operator.id,
  };
}

function readScopes(text: string | undefined): KeyScope[] {
  const names = text?.split(',') ?? [];
  const scopes = keyScopes.filter((scope) => names.includes(scope));
  if (scopes.length === 0 || scopes.length !== names.length) {
    throw new UsageError(
      `--scopes must be one or more of ${keyScopes.join(', ')}, separated by commas; got "${text ?? ''}".`,
    );
  }
  return scopes;
}

function readInstant(text: string): Date {
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime()))
    throw new UsageError(`--expires must be an instant like 2027-01-31T00:00:00Z, got "${text}".`);
  if (instant <= systemClock.now()) throw new UsageError(`--expires lies in the past: ${text}.`);
  return instant;
}
