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

/** True for duplicates of roles, which are cluster-wide and which two migrators may create at the same instant. */
export function isDuplicate(error: unknown): boolean {
  const code = sqlState(error);
  return code === '42710' || code === '23505';
}
