// The header of a CSV file: which column holds what. Names are those of the wire, and may be written as exports like to
// write them (`external_id`, `External ID`); an unknown one is refused, since a misspelt column would be lost in silence.
import { metadataKeys } from '../domains/pos/index.ts';
import { ImportRefused } from './import-refused.ts';

const saleColumns = ['externalId', 'version', 'status', 'occurredAt', 'total', 'currency', 'paymentMethod'] as const;
const lineColumns = ['sku', 'externalProductId', 'name', 'quantity', 'unitPrice', 'lineTotal'] as const;
const required = ['externalId', 'occurredAt', 'quantity', 'unitPrice'] as const;

export type SaleColumn = (typeof saleColumns)[number];
export type LineColumn = (typeof lineColumns)[number];

export interface CsvColumns {
  readonly separator: string;
  readonly count: number;
  /** Places from 0. */
  readonly sale: Readonly<Partial<Record<SaleColumn, number>>>;
  readonly line: Readonly<Partial<Record<LineColumn, number>>>;
  /** By the key of the sale's metadata. */
  readonly metadata: ReadonlyMap<string, number>;
}

const separators = [',', ';', '\t'] as const;

/** Throws ImportRefused, saying which columns there are. */
export function readColumns(header: string): CsvColumns {
  const separator = separators.toSorted((a, b) => header.split(b).length - header.split(a).length)[0] ?? ',';
  const names = splitCsvLine(header, separator);
  if (names === null) throw new ImportRefused('The header of the file has a quoted name without an end.');
  const places = new Map<string, number>();
  for (const [place, name] of names.entries()) {
    const column = known.get(plainName(name));
    if (column === undefined) throw new ImportRefused(`The file has a column "${name}"; ${whatThereIs}`);
    if (places.has(column)) throw new ImportRefused(`The file has two columns "${column}".`);
    places.set(column, place);
  }
  const missing = required.filter((column) => !places.has(column));
  if (missing.length > 0) throw new ImportRefused(`The file lacks ${missing.join(', ')}; ${whatThereIs}`);
  if (!places.has('sku') && !places.has('externalProductId')) {
    throw new ImportRefused(`The file needs a column sku or externalProductId; ${whatThereIs}`);
  }
  const metadata = [...metadataKeys].flatMap((key) => {
    const place = places.get(`metadata.${key}`);
    return place === undefined ? [] : [[key, place] as const];
  });
  return {
    separator,
    count: names.length,
    sale: placesOf(saleColumns, places),
    line: placesOf(lineColumns, places),
    metadata: new Map(metadata),
  };
}

function placesOf<Column extends string>(
  columns: readonly Column[],
  places: ReadonlyMap<string, number>,
): Partial<Record<Column, number>> {
  const found: Partial<Record<Column, number>> = {};
  for (const column of columns) {
    const place = places.get(column);
    if (place !== undefined) found[column] = place;
  }
  return found;
}

const plainName = (name: string) => name.toLowerCase().replace(/[\s_-]/g, '');

const known: ReadonlyMap<string, string> = new Map(
  [...saleColumns, ...lineColumns, ...[...metadataKeys].map((key) => `metadata.${key}`)].map((column) => [
    plainName(column),
    column,
  ]),
);

const whatThereIs =
  `there are ${[...saleColumns, ...lineColumns].join(', ')} and metadata.KEY ` +
  `(${[...metadataKeys].join(', ')}). Rename or remove the column.`;

/**
 * The fields of one line, or null where a quoted field has no end or something stands behind it. A quoted field never
 * reaches over the end of its line: so a quote too many spoils its own line and not the rest of the file.
 */
export function splitCsvLine(text: string, separator: string): string[] | null {
  if (!text.includes('"')) return text.split(separator).map((field) => field.trim());
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const start = at + (/^[ ]*/.exec(text.slice(at))?.[0].length ?? 0);
    if (text[start] !== '"') {
      const end = text.indexOf(separator, at);
      fields.push(text.slice(at, end === -1 ? undefined : end).trim());
      at = end === -1 ? text.length + 1 : end + 1;
      continue;
    }
    let end = start + 1;
    while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) end += text[end] === '"' ? 2 : 1;
    if (end >= text.length) return null;
    fields.push(text.slice(start + 1, end).replaceAll('""', '"'));
    const behind = text.indexOf(separator, end + 1);
    if (text.slice(end + 1, behind === -1 ? undefined : behind).trim() !== '') return null;
    at = behind === -1 ? text.length + 1 : behind + 1;
  }
  return fields;
}
