// CSV: a line is a sale line, and lines that share the external id and stand together are one sale, rewritten here into
// the wire shape of the sales route. A line that cannot be read takes the sale with it that it belongs to, and where that
// is uncertain the sales around it: half a sale in the books is worse than a whole one in the list of errors.
import { externalIdCharactersMax } from '../domains/pos/index.ts';
import { type CsvColumns, readColumns, splitCsvLine } from './csv-columns.ts';
import { ImportRefused } from './import-refused.ts';
import { type Line, lineBytesMax } from './read-lines.ts';
import type { SaleInFile } from './sale-in-file.ts';
import { type ShopTerms, wireSale } from './wire-sale.ts';

export async function* csvSales(lines: AsyncIterable<Line>, shop: ShopTerms): AsyncGenerator<SaleInFile> {
  let columns: CsvColumns | null = null;
  let open: SaleOfLines | null = null;
  let spoiled = false;
  for await (const line of lines) {
    if (columns === null) {
      columns = readColumns(headerText(line));
      continue;
    }
    const row = readRow(line, columns);
    if (open !== null && row.id !== null && open.id === row.id) {
      open.add(row);
      continue;
    }
    // A line that does not say whose it is may be the last of the sale before it or the first of the one behind it.
    if (open !== null) {
      if (row.id === null) open.spoil(row.problem ?? '');
      yield open.close(columns, shop);
    }
    open = new SaleOfLines(row);
    if (spoiled) open.spoil('The line before it cannot be read, and may belong to this sale.');
    spoiled = row.id === null;
  }
  if (columns === null) throw new ImportRefused('The file has no header.');
  if (open !== null) yield open.close(columns, shop);
}

function headerText({ bytes }: Line): string {
  return bytes.toString('utf8');
}

interface Row {
  readonly line: Line;
  /** The external id, as far as it can be trusted. */
  readonly id: string | null;
  readonly fields: readonly string[];
  /** Why the line cannot be read. */
  readonly problem: string | null;
}

function readRow(line: Line, { separator, count, sale }: CsvColumns): Row {
  const bad = (problem: string, id: string | null = null): Row => ({ line, id, fields: [], problem });
  if (line.isCut) return bad(`Line ${line.number} is too long to be one of a sale.`);
  let text: string;
  try {
    text = utf8.decode(line.bytes);
  } catch {
    return bad(`Line ${line.number} is not valid UTF-8.`);
  }
  const fields = splitCsvLine(text, separator);
  if (fields === null) return bad(`Line ${line.number} has a quoted field without an end.`);
  const id = usableId(fields[sale.externalId ?? 0]);
  if (fields.length !== count) {
    // What is left of the fault is in its place; with a comma too many in a name, that is usually the id.
    return bad(`Line ${line.number} has ${fields.length} fields, the header has ${count}.`, id);
  }
  return id === null ? bad(`Line ${line.number} has no usable externalId.`) : { line, id, fields, problem: null };
}

/** What can be stored as an id, and therefore compared with others. */
function usableId(text: string | undefined): string | null {
  return text && text.length <= externalIdCharactersMax && !text.includes('\0') ? text : null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** As many as a sale can have, and one more by which it is seen that there were more. */
const rowsMax = 501;

class SaleOfLines {
  readonly id: string | null;
  readonly #rows: Row[] = [];
  readonly #lineNumber: number;
  #lines = 0;
  #bytes = 0;
  #end = 0;
  #problem: string | null = null;

  constructor(first: Row) {
    this.id = first.id;
    this.#lineNumber = first.line.number;
    this.add(first);
  }

  add(row: Row): void {
    this.#lines += 1;
    this.#end = row.line.end;
    this.#problem ??= row.problem;
    this.#bytes += row.line.bytes.length;
    if (this.#bytes > lineBytesMax) this.spoil('The sale is too long.');
    else if (this.#rows.length < rowsMax) this.#rows.push(row);
  }

  spoil(problem: string): void {
    this.#problem ??= problem;
  }

  close(columns: CsvColumns, shop: ShopTerms): SaleInFile {
    const place = { lineNumber: this.#lineNumber, lines: this.#lines, end: this.#end };
    const made = this.#problem === null ? wireSale(this.#rows, columns, shop) : { problem: this.#problem };
    if ('sale' in made) return { raw: Buffer.from(JSON.stringify(made.sale)), damage: null, ...place };
    const raw = Buffer.concat(
      this.#rows.flatMap(({ line }, at) => (at === 0 ? [line.bytes] : [lineBreak, line.bytes])),
    );
    return { raw, damage: { externalId: this.id, detail: made.problem }, ...place };
  }
}

const lineBreak = Buffer.from('\n');
