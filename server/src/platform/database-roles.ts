// The cluster-wide roles: the four that transactions act as, and the login of the pool, which inherits nothing and may
// only take those four. Made when missing; where the migrator may not, the error says what an administrator must run.
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { databaseRoles } from './actor.ts';
import { isDuplicate, sqlState } from './postgres-errors.ts';

/**
 * The URL of the pool's login, from the owner's: `<owner>_pool`, with a password derived from the owner's. Whoever can
 * derive it holds the owner's password and needs it no more; every node with the same DATABASE_URL derives the same.
 */
export function poolUrl(ownerUrl: string): string {
  const url = new URL(ownerUrl);
  const owner = decodeURIComponent(url.username);
  url.username = encodeURIComponent(poolLogin(owner));
  url.password = poolPassword(decodeURIComponent(url.password), owner);
  return url.href;
}

/** Creates what is missing of the roles, and sets the pool login's password. `owner` is connected as the owner. */
export async function ensureRoles(owner: pg.Client, ownerUrl: string): Promise<void> {
  const url = new URL(ownerUrl);
  const ownerName = decodeURIComponent(url.username);
  const login = pg.escapeIdentifier(poolLogin(ownerName));
  const password = pg.escapeLiteral(poolPassword(decodeURIComponent(url.password), ownerName));
  const version = await owner.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  // Since PostgreSQL 16 inheritance belongs to the membership; before, the NOINHERIT of the login does it alone.
  const membership = (version.rows[0]?.version ?? 0) >= 160_000 ? ' with inherit false, set true' : '';
  const statements = [
    ...databaseRoles.map((role) => `create role ${role} nologin noinherit`),
    `create role ${login} login noinherit`,
    `alter role ${login} password ${password}`,
    ...databaseRoles.map((role) => `grant ${role} to ${login}${membership}`),
    // The login has no rights to inherit; the membership lets the owner end the pool's sessions, e.g. to drop a database.
    `grant ${login} to ${pg.escapeIdentifier(ownerName)}`,
  ];
  for (const statement of statements) await runUnlessDuplicate(owner, statement, statements);
}

/** Two that change one role at one moment: PostgreSQL refuses the later one, and by the next attempt it is done. */
const attemptsMax = 20;
const pauseMsMax = 50;

async function runUnlessDuplicate(owner: pg.Client, statement: string, all: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await owner.query(statement);
      return;
    } catch (error) {
      if (isDuplicate(error)) return;
      if (!isCollision(error) || attempt === attemptsMax) throw explained(error, all);
    }
    // Ever longer: hashing a password lies between its two steps, which on a busy machine takes longer than a short pause.
    await pause(Math.random() * pauseMsMax * attempt);
  }
}

/** The catalogues are not locked row by row as tables are; there is no better code for it than an internal error's. */
function isCollision(error: unknown): boolean {
  return sqlState(error) === 'XX000' && /tuple concurrently (updated|deleted)/.test((error as Error).message);
}

function explained(error: unknown, all: readonly string[]): unknown {
  // 42501 insufficient_privilege; 0LP01 invalid_grant_operation
  if (sqlState(error) !== '42501' && sqlState(error) !== '0LP01') return error;
  const readable = all.map((line) =>
    line.replace(/password '.*'/, "password '<as printed by tillstream pool-password>'"),
  );
  return new Error(
    `The database user may not create the roles that Tillstream needs. Ask an administrator to run:\n  ${readable.join(';\n  ')};`,
    { cause: error },
  );
}

function poolLogin(owner: string): string {
  return `${owner}_pool`;
}

function poolPassword(ownerPassword: string, owner: string): string {
  return createHmac('sha256', ownerPassword).update(`tillstream pool login of ${owner}`).digest('base64url');
}
