// Moves all secrets of the slice under the first key of the ring, while everybody goes on working: a row is replaced only
// as it was read, and what is changed meanwhile is sealed under the first key by whoever changes it, or found by the next
// pass.
import { backgroundActor } from '../../../platform/actor.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import type { SecretPlace, Secrets } from '../../../platform/secrets.ts';
import { endpointPlace } from '../webhooks/endpoint-secrets.ts';
import { listSealedSecrets, replaceSecrets, type SealedSecrets } from '../webhooks/queries.ts';
import { listSealed, replaceCredentials, type SealedCredentials } from './queries.ts';
import { credentialsPlace } from './sealed-credentials.ts';

interface SealedColumn<Row extends { readonly sealed: Buffer }> {
  readonly list: (tx: Tx, after: Row | null, limit: number) => Promise<Row[]>;
  readonly placeOf: (row: Row) => SecretPlace;
  readonly replace: (tx: Tx, row: Row, sealed: Buffer) => Promise<unknown>;
}

const actor = backgroundActor('key rotation');
const pageRows = 200;

/** How many were moved. A pass that moves none has found none left. */
export async function rewrapCredentials(parts: { readonly db: Database; readonly secrets: Secrets }): Promise<number> {
  const tills = await rewrapColumn<SealedCredentials>(parts, {
    list: listSealed,
    placeOf: credentialsPlace,
    replace: (tx, row, sealed) => replaceCredentials(tx, { ...row, former: row.sealed, sealed }),
  });
  const addresses = await rewrapColumn<SealedSecrets>(parts, {
    list: (tx, after, limit) => listSealedSecrets(tx, after?.id ?? null, limit),
    placeOf: endpointPlace,
    replace: (tx, row, sealed) => replaceSecrets(tx, { id: row.id, former: row.sealed, sealed }),
  });
  return tills + addresses;
}

async function rewrapColumn<Row extends { readonly sealed: Buffer }>(
  { db, secrets }: { readonly db: Database; readonly secrets: Secrets },
  column: SealedColumn<Row>,
): Promise<number> {
  let moved = 0;
  let after: Row | null = null;
  for (;;) {
    const rows: Row[] = await db.transaction(actor, (tx) => column.list(tx, after, pageRows));
    for (const row of rows.filter(({ sealed }) => !secrets.isCurrent(sealed))) {
      const sealed = Buffer.from(secrets.rewrap(row.sealed, column.placeOf(row)));
      await db.transaction(actor, (tx) => column.replace(tx, row, sealed));
      moved += 1;
    }
    after = rows.at(-1) ?? null;
    if (rows.length < pageRows) return moved;
  }
}
