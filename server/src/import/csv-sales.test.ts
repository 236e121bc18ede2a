import { expect, test } from 'vitest';
import { csvSales } from './csv-sales.ts';
import { ImportRefused } from './import-refused.ts';
import type { Line } from './read-lines.ts';
import type { SaleInFile } from './sale-in-file.ts';

const shop = { currency: 'USD', timeZone: 'America/New_York' };
const header = 'externalId,occurredAt,sku,quantity,unitPrice';

async function* asLines(texts: readonly (string | Buffer)[]): AsyncGenerator<Line> {
  let end = 0;
  for (const [at, text] of texts.entries()) {
    const bytes = Buffer.from(text as string);
    end += bytes.length + 1;
    yield { number: at + 1, bytes, isCut: false, end };
  }
}

async function salesOf(...texts: readonly (string | Buffer)[]): Promise<SaleInFile[]> {
  return Array.fromAsync(csvSales(asLines(texts), shop));
}

const wire = (sale: SaleInFile | undefined) => JSON.parse(sale?.raw.toString() ?? 'null');
const at = '2023-01-01T07:00:00Z';

test('lines that share the external id are one sale, whose totals are computed where the file has none', async () => {
  const [first, second, ...others] = await salesOf(
    header,
    `r1,${at},TEA,2,3.10`,
    `r1,${at},BUN,0.335,4`,
    `r2,${at},TEA,1,3.1`,
  );
  expect(others).toEqual([]);
  expect(wire(first)).toEqual({
    externalId: 'r1',
    occurredAt: at,
    currency: 'USD',
    total: '7.54',
    lines: [
      { sku: 'TEA', quantity: '2', unitPrice: '3.10', total: '6.2' },
      { sku: 'BUN', quantity: '0.335', unitPrice: '4', total: '1.34' },
    ],
  });
  expect(first).toMatchObject({ lineNumber: 2, lines: 2, damage: null });
  expect(wire(second).total).toBe('3.1');
});

test('what the file says of a sale stands: version, status, totals, currency, payment, metadata', async () => {
  const columns = `${header},lineTotal,version,status,total,currency,paymentMethod,name,metadata.receiptNumber`;
  const [sale] = await salesOf(columns, `r1,${at},TEA,2,3.10,6,2,refunded,5.5,EUR,cash,Green tea,"#7"`);
  expect(wire(sale)).toMatchObject({
    version: 2,
    status: 'refunded',
    total: '5.5',
    currency: 'EUR',
    paymentMethod: 'cash',
    metadata: { receiptNumber: '#7' },
    lines: [{ name: 'Green tea', total: '6' }],
  });
});

test('a time without an offset is what the clock of the shop showed', async () => {
  const sales = await salesOf(
    header,
    'r1,2023-01-01 07:06:11,TEA,1,1',
    'r2,2023-07-01T07:06,TEA,1,1',
    'r3,2023-01-01 07:06:11+01:00,TEA,1,1',
    'r4,2023-02-30 07:06:11,TEA,1,1',
  );
  expect(sales.map((sale) => wire(sale).occurredAt)).toEqual([
    '2023-01-01T12:06:11.000Z',
    '2023-07-01T11:06:00.000Z',
    '2023-01-01T07:06:11+01:00',
    '2023-02-30 07:06:11',
  ]);
});

test('figures that are none are left for the route to refuse, and so is what is too large', async () => {
  const [wrong, large] = await salesOf(header, `r1,${at},TEA,two,3.10`, `r2,${at},TEA,9999999999,999999999`);
  expect(wire(wrong).lines[0]).toMatchObject({ quantity: 'two', total: '0' });
  expect(wire(large).lines[0].total).toBe('9999999989000000001');
});

test('lines that contradict each other about their sale are no sale', async () => {
  const [sale] = await salesOf(header, `r1,${at},TEA,1,1`, 'r1,2023-01-02T07:00:00Z,BUN,1,1');
  expect(sale?.damage).toEqual({ externalId: 'r1', detail: expect.stringMatching(/Line 3 has another occurredAt/) });
});

test('a line with a comma too many refuses the sale that it is of, as its own lines, and no other', async () => {
  const sales = await salesOf(
    header,
    `r1,${at},TEA,1,1`,
    `r2,${at},TEA,1,1`,
    `r2,${at},BUN, large,1,1`,
    `r2,${at},ICE,1,1`,
    `r3,${at},TEA,1,1`,
  );
  expect(sales.map(({ damage }) => damage?.externalId ?? null)).toEqual([null, 'r2', null]);
  expect(sales[1]?.damage?.detail).toBe('Line 4 has 6 fields, the header has 5.');
  expect(sales[1]?.raw.toString()).toBe(`r2,${at},TEA,1,1\nr2,${at},BUN, large,1,1\nr2,${at},ICE,1,1`);
});

test.each([
  ['a quote without an end', `"r2,${at},BUN,1,1`],
  ['no external id', `,${at},BUN,1,1`],
  ['bytes that are no UTF-8', Buffer.concat([Buffer.from(`r2,${at},B`), Buffer.from([0xff]), Buffer.from(',1,1')])],
  ['an id that no till can have', `${'x'.repeat(201)},${at},BUN,1,1`],
])('a line with %s also refuses the sales around it, to which it may belong', async (_, line) => {
  const sales = await salesOf(header, `r0,${at},A,1,1`, `r1,${at},A,1,1`, line, `r3,${at},A,1,1`, `r4,${at},A,1,1`);
  expect(sales.map(({ damage }) => (damage === null ? 'whole' : damage.externalId))).toEqual([
    'whole',
    'r1',
    null,
    'r3',
    'whole',
  ]);
  expect(sales[2]?.raw).toEqual(Buffer.from(line as string));
});

test('a sale of thousands of lines is refused without being kept in memory', async () => {
  const lines = Array.from({ length: 3_000 }, (_, n) => `r1,${at},SKU-${n},1,1`);
  const [sale, ...others] = await salesOf(header, ...lines);
  expect(others).toEqual([]);
  expect(sale?.lines).toBe(3_000);
  expect(wire(sale).lines).toHaveLength(501);
});

test('a file without a header is refused', async () => {
  await expect(salesOf()).rejects.toThrow(ImportRefused);
});
