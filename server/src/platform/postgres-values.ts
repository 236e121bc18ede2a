// How PostgreSQL's values come into JavaScript. numeric stays text (money is never a float); int8 becomes a number only
// because everything we store in one is below 2^53, and a larger one is an error instead of a wrong number.
import pg from 'pg';

const { builtins } = pg.types;

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} exceeds 2^53 and would be rounded`);
  return value;
}

export const parseDatabaseValues: pg.CustomTypesConfig = {
  getTypeParser(oid, format) {
    if (format !== 'binary' && oid === builtins.INT8) return parseInt8;
    // A date has no zone: as a Date object it would shift with the zone of the machine that reads it.
    if (format !== 'binary' && oid === builtins.DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  },
};
