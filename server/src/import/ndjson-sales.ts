// NDJSON: a line is a sale in the wire shape of the sales route, and its bytes are taken as they are.
import type { Line } from './read-lines.ts';
import type { SaleInFile } from './sale-in-file.ts';

export async function* ndjsonSales(lines: AsyncIterable<Line>): AsyncGenerator<SaleInFile> {
  for await (const { number, bytes, isCut, end } of lines) {
    const damage = isCut ? { externalId: null, detail: `Line ${number} is too long to be a sale.` } : null;
    yield { raw: bytes, damage, lineNumber: number, lines: 1, end };
  }
}
