// Founds a brand. Nobody has a right to it before it is there, so it runs as a background part: the command line, the demo.
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../platform/database.ts';
import { insertFranchise } from './queries.ts';

export interface NewFranchise {
  readonly name: string;
  /** ISO 4217, the brand's own books; each shop has its own. */
  readonly currency: string;
}

export async function createFranchise(tx: Tx, { name, currency }: NewFranchise): Promise<{ id: string }> {
  const id = uuidv7();
  await insertFranchise(tx, { id, name, currency });
  return { id };
}
