// How PostgreSQL's values come into JavaScript. numeric stays text (money is never a float); int8 becomes a number only
// because everything we store in one is below 2^53, and a larger one is an error instead of a wrong number.
import pg from 'pg';

const { builtins } = pg.types;

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} exceeds 2^53 and would be rounded`);
  return value;
}

const parseInstantOfAnyZone = pg.types.getTypeParser(builtins.TIMESTAMPTZ, 'text');

// Our sessions are in UTC, and of years with four digits: what is left to the library is what it alone can read.
function parseInstant(text: string): unknown {
  if (!text.endsWith('+00') || text.charAt(4) !== '-') return parseInstantOfAnyZone(text);
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
}

export const parseDatabaseValues: pg.CustomTypesConfig = {
  getTypeParser(oid, format) {
    if (format !== 'binary' && oid === builtins.INT8) return parseInt8;
    if (format !== 'binary' && oid === builtins.TIMESTAMPTZ) return parseInstant;
    // What lies in the database as text is read as text: of the log's documents most are never looked into.
    if (format !== 'binary' && oid === builtins.JSON) return (text: string) => text;
    // A date has no zone: as a Date object it would shift with the zone of the machine that reads it.
    if (format !== 'binary' && oid === builtins.DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  },
};
