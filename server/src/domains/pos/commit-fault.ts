// Whose fault it is that a group commit failed. Only what the data of a sale can cause is held against a sale; taking an
// outage for a bad sale would turn a day's business into errors that nobody sends again.
import { AppError } from '../../platform/errors.ts';
import { sqlState } from '../../platform/postgres-errors.ts';

/**
 * `sale`      a value that the database or a rule refuses: found by halving, kept as a sync error, never sent again.
 * `database`  out of reach, out of space, stopping, in conflict: nothing is wrong with the sales, they are sent again.
 * `ours`      a mistake in the program or the schema: halving spares the other sales, the culprit's request fails.
 */
export type Fault = 'sale' | 'database' | 'ours';

// The first two letters of an SQLSTATE are its class. What is not listed is caused by data: 09, 20 and 27 in triggers, 21
// cardinality, 22 data exceptions, 23 constraints, 2F, 38 and 39 routines, 44 check options, 54 program limits, HV foreign
// tables that an operator's trigger writes, P0 raised by a trigger.
const classes: Readonly<Record<string, Fault>> = {
  '08': 'database', // connection
  '03': 'ours', // statement not complete
  '0A': 'ours', // feature not supported
  '0B': 'ours', // transaction begun where none can be
  '0F': 'ours', // locators
  '0L': 'ours', // grants
  '0P': 'ours', // roles
  '0Z': 'ours', // diagnostics
  '24': 'ours', // cursor state
  '25': 'database', // transaction state: a read-only standby
  '26': 'database', // prepared statement gone: a pooler between us handed out another connection
  '28': 'database', // authorisation of the login
  '2B': 'ours', // privileges that others depend on
  '2D': 'ours', // transaction ended where none may be
  '34': 'ours', // cursor name
  '3B': 'ours', // savepoint
  '3D': 'database', // database gone
  '3F': 'ours', // schema missing
  '40': 'database', // rollback: serialization, deadlock
  '42': 'ours', // syntax, missing objects, rights, a row policy
  '53': 'database', // disk full, too many connections
  '55': 'database', // lock not available
  '57': 'database', // shut down, cancelled
  '58': 'database', // system error
  F0: 'database', // configuration file
  XX: 'ours', // internal error
};

export function faultOf(error: unknown): Fault {
  const state = sqlState(error);
  if (state !== null) return classes[state.slice(0, 2)] ?? 'sale';
  // A rule of ours about figures, such as a stock that would leave its range.
  if (error instanceof AppError) return 'sale';
  return isConnectionLoss(error) ? 'database' : 'ours';
}

/** What is told about a sale that could not be booked: the code, never values of the row. */
export function faultDetail(error: unknown): string {
  const state = sqlState(error);
  if (state !== null) return `The database refused the sale (SQLSTATE ${state}).`;
  return error instanceof AppError ? `${error.detail} (${error.code})` : 'The sale could not be booked.';
}

// Failures below PostgreSQL's protocol have no SQLSTATE: Node's socket errors, and the words of the driver.
function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return (
    (code !== undefined && /^E[A-Z]{2,}$/.test(code)) ||
    /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error|^Cannot use a pool/.test(
      error.message,
    )
  );
}
