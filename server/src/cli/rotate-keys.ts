// tillstream rotate-keys
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { rewrapCredentials } from '../domains/pos/index.ts';
import { backgroundActor } from '../platform/actor.ts';
import { Database } from '../platform/database.ts';
import { poolUrl } from '../platform/database-roles.ts';
import { hasAnswersOfFormerKeys } from '../platform/idempotency-records.ts';
import { loadSecretKeys, writeSecretKeys } from '../platform/secret-key-file.ts';
import { createSecrets, secretKeyBytes } from '../platform/secrets.ts';
import type { Command } from './command.ts';
import { withDatabase } from './with-database.ts';

export const rotateKeysCommand: Command = {
  name: 'rotate-keys',
  usage: 'npm run -s tillstream -- rotate-keys [--retire]',
  summary: 'Puts a new secret key in front of the ring, and moves all credentials under it while servers run.',
  details:
    'With TILLSTREAM_SECRET_KEY the ring is yours: start all servers with "old,new", then with "new,old", run this ' +
    'command with "new,old", and start them with "new" a day later. Without it the ring is the file secret.key in the ' +
    'data directory, which running servers read again by themselves. --retire takes the former keys out of that file, ' +
    'once nothing is sealed under them any more: answers that are kept for repeated requests need them for a day, and ' +
    'tokens that people hold are believed under them until then.',
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { retire: { type: 'boolean' } } });
    const { secretKeys, dataDir } = readConfig();
    if (secretKeys !== null && values.retire === true) {
      throw new Error(
        '--retire is for the file in the data directory; take the former keys out of TILLSTREAM_SECRET_KEY.',
      );
    }
    await withDatabase(async (ownerUrl) => {
      if (secretKeys !== null) return rotate(ownerUrl, secretKeys);
      const kept = await loadSecretKeys(dataDir);
      if (values.retire === true) return retire(ownerUrl, { dataDir, kept });
      // Written first: whoever meets a value under the new key finds the key.
      const ring = [new Uint8Array(randomBytes(secretKeyBytes)), ...kept];
      await writeSecretKeys(dataDir, ring);
      return rotate(ownerUrl, ring);
    });
    return 0;
  },
};

async function rotate(ownerUrl: string, ring: readonly Uint8Array[]): Promise<void> {
  const moved = await withSecrets(ownerUrl, ring, async (parts) => {
    let total = 0;
    for (let pass = await rewrapCredentials(parts); pass > 0; pass = await rewrapCredentials(parts)) total += pass;
    return total;
  });
  console.log(
    `All credentials are under the new key; ${moved} were moved. Former keys in the ring: ${ring.length - 1}.`,
  );
}

async function retire(
  ownerUrl: string,
  { dataDir, kept }: { readonly dataDir: string; readonly kept: readonly Uint8Array[] },
): Promise<void> {
  const isNeeded = await withSecrets(ownerUrl, kept, async (parts) => {
    await rewrapCredentials(parts);
    return parts.db.transaction(backgroundActor('key rotation'), (tx) => hasAnswersOfFormerKeys(tx, parts));
  });
  if (isNeeded)
    throw new Error('Answers to requests of the last day are sealed under a former key; try again tomorrow.');
  await writeSecretKeys(dataDir, kept.slice(0, 1));
  console.log(`${kept.length - 1} former keys were taken out of the ring. Restart the servers that still hold them.`);
}

async function withSecrets<T>(
  ownerUrl: string,
  ring: readonly Uint8Array[],
  work: (parts: { db: Database; secrets: ReturnType<typeof createSecrets> }) => Promise<T>,
): Promise<T> {
  const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 2 });
  try {
    return await work({ db, secrets: createSecrets(ring) });
  } finally {
    await db.close();
  }
}
