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

// Our sessions are in UTC, and our years have four digits and come after 99, below which Date.UTC means others: what is left
// to the library is what it alone can read. Read by its digits, for Date takes long over a text, and each event has two.
function parseInstant(text: string): unknown {
  if (!text.endsWith('+00') || text.charAt(4) !== '-' || text.startsWith('00')) return parseInstantOfAnyZone(text);
  const number = (start: number, digits: number) => {
    let value = 0;
    for (let at = start; at < start + digits; at++) value = value * 10 + (text.charCodeAt(at) - 48);
    return value;
  };
  // "2026-11-23 06:31:07+00" up to the seconds, then up to six digits of a fraction without its last zeros.
  const digits = Math.min(Math.max(text.length - '2026-11-23 06:31:07.+00'.length, 0), 3);
  const ms = digits === 0 ? 0 : number(20, digits) * 10 ** (3 - digits);
  return new Date(
    Date.UTC(number(0, 4), number(5, 2) - 1, number(8, 2), number(11, 2), number(14, 2), number(17, 2), ms),
  );
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
