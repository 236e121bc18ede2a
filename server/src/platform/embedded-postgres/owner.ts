/**
 * The role and the database that the application works with. The superuser makes them and does nothing else.
 */
import type pg from 'pg';

export const ownerName = 'tillstream';
export const databaseName = 'tillstream';

/** Two processes may start on one new server; the second one's attempt is then no error. */
const alreadyThere = new Set(['42710', '42P04', '23505']);

/**
 * Makes the owner's role and database unless they exist. The owner is no superuser, so that what works here also works on
 * a rented PostgreSQL; it may make databases (tests clone one each) and roles (the row-level security's).
 *
 * @param superuser a connection to the database `postgres`.
 */
export async function ensureOwner(superuser: pg.Client, password: string): Promise<void> {
  const roles = await superuser.query('select 1 from pg_roles where rolname = $1', [ownerName]);
  if (roles.rowCount === 0) {
    await attempt(superuser, `create role ${ownerName} login createdb createrole password '${password}'`);
  }
  const databases = await superuser.query('select 1 from pg_database where datname = $1', [databaseName]);
  if (databases.rowCount === 0) await attempt(superuser, `create database ${databaseName} owner ${ownerName}`);
}

async function attempt(superuser: pg.Client, statement: string): Promise<void> {
  try {
    await superuser.query(statement);
  } catch (error) {
    if (!alreadyThere.has((error as { code?: string }).code ?? '')) throw error;
  }
}
