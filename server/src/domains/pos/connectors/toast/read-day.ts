// Business days as Toast writes them.
import { Untranslatable, type VendorFields } from '../vendor-json.ts';

/** The restaurant's own day, written 20260307. */
export function readDay(fields: VendorFields, key: string): string | null {
  const text = fields.text(key);
  if (text === null) return null;
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(text) ?? [];
  if (year === undefined) throw new Untranslatable(`${fields.path}.${key} is no day: ${text.slice(0, 60)}.`);
  return `${year}-${month}-${day}`;
}
