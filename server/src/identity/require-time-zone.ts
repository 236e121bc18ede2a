// Whether a shop can keep its time by this name. Business dates are worked out by JavaScript, and reports ask PostgreSQL;
// each has its own list of zones. A name that only one of them knows (PostgreSQL lists `Factory` and `posixrules`) would
// let a shop open whose every sale fails, so both have to know it.
import type { Tx } from '../platform/database.ts';
import { unknownTimeZone } from './errors.ts';
import { isKnownTimeZone } from './queries.ts';

/** Throws `identity.unknown_time_zone`. */
export async function requireTimeZone(tx: Tx, timeZone: string): Promise<void> {
  if (isKnownHere(timeZone) && (await isKnownTimeZone(tx, timeZone))) return;
  throw unknownTimeZone(`"${timeZone}" is no IANA time zone; one is written like America/New_York.`);
}

function isKnownHere(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch {
    return false;
  }
}
