// Takes a firm into a brand.
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../platform/database.ts';
import { franchiseNotFound } from './errors.ts';
import { findFranchise, insertFranchisee } from './queries.ts';

export interface NewFranchisee {
  readonly franchiseId: string;
  readonly name: string;
}

/** Throws `identity.franchise_not_found`. */
export async function createFranchisee(tx: Tx, { franchiseId, name }: NewFranchisee): Promise<{ id: string }> {
  if (!(await findFranchise(tx, franchiseId))) throw franchiseNotFound(`There is no franchise ${franchiseId}.`);
  const id = uuidv7();
  await insertFranchisee(tx, { id, franchiseId, name });
  return { id };
}
