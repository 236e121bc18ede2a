// What PostgreSQL's error codes mean to us: which failures are repeated, which a cleverer caller may look at.
import pg from 'pg';

const transientCodes = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
]);

/** The five-letter SQLSTATE of a database error, or null when the error did not come from PostgreSQL. */
export function sqlState(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null;
}

/** True where the same transaction, run again, may succeed. */
export function isTransient(error: unknown): boolean {
  const code = sqlState(error);
  return code !== null && transientCodes.has(code);
}

const lostStates = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);
const lostCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);

/** True where PostgreSQL was not reached, or went away: whether a commit in progress came about is not known then. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return lostStates.has(state) || state.startsWith('08');
  if (!(error instanceof Error)) return false;
  // pg says so in words alone where the socket just ended, and afterwards.
  if (/^Connection terminated|^Client .* not queryable$/.test(error.message)) return true;
  return 'code' in error && typeof error.code === 'string' && lostCodes.has(error.code);
}

/** True for duplicates of roles, which are cluster-wide and which two migrators may create at the same instant. */
export function isDuplicate(error: unknown): boolean {
  const code = sqlState(error);
  return code === '42710' || code === '23505';
}
