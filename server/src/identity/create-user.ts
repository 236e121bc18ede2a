// Makes a person known. Rights come with memberships (add-membership.ts); sign-in comes from elsewhere.
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../platform/database.ts';
import { emailTaken } from './errors.ts';
import { insertUser } from './queries.ts';

export interface NewUser {
  readonly name: string;
  readonly email?: string | null;
}

/** Throws `identity.email_taken`. Addresses that differ only in case are one address. */
export async function createUser(tx: Tx, { name, email = null }: NewUser): Promise<{ id: string }> {
  const id = uuidv7();
  const inserted = await insertUser(tx, { id, name, email: email?.toLowerCase() ?? null });
  if (!inserted) throw emailTaken('Another user has this e-mail address.');
  return { id };
}
