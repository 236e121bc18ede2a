import { expect, test } from 'vitest';
import { readColumns, splitCsvLine } from './csv-columns.ts';
import { ImportRefused } from './import-refused.ts';

test.each([
  ['a,b,c', ['a', 'b', 'c']],
  [' a , b,c ', ['a', 'b', 'c']],
  ['a,,', ['a', '', '']],
  ['', ['']],
  ['"a,b",c', ['a,b', 'c']],
  ['"say ""hi""",c', ['say "hi"', 'c']],
  ['a, "b" ,c', ['a', 'b', 'c']],
  ['"",""', ['', '']],
  ['5" pipe,c', ['5" pipe', 'c']],
  ['"a",', ['a', '']],
])('%s has the fields %j', (line, fields) => {
  expect(splitCsvLine(line, ',')).toEqual(fields);
});

test.each(['"a,b', '"a"b,c', 'a,"b""', '"'])('%s cannot be split', (line) => {
  expect(splitCsvLine(line, ',')).toBeNull();
});

test('columns are found by name in any order, however exports write their names', () => {
  const columns = readColumns('Unit Price,SKU,external_id,occurredAt,QUANTITY,metadata.receiptNumber,payment-method');
  expect(columns).toEqual({
    separator: ',',
    count: 7,
    sale: { externalId: 2, occurredAt: 3, paymentMethod: 6 },
    line: { unitPrice: 0, sku: 1, quantity: 4 },
    metadata: new Map([['receiptNumber', 5]]),
  });
});

test.each([';', '\t'])('the separator %j is told from the header', (separator) => {
  expect(readColumns(['externalId', 'occurredAt', 'sku', 'quantity', 'unitPrice'].join(separator)).separator).toBe(
    separator,
  );
});

test.each([
  ['externalId,occurredAt,sku,quantity', /lacks unitPrice/],
  ['externalId,occurredAt,quantity,unitPrice', /sku or externalProductId/],
  ['externalId,occurredAt,sku,quantity,unitPrice,customer', /"customer".*there are externalId/],
  ['externalId,occurredAt,sku,quantity,unitPrice,external_id', /two columns "externalId"/],
  ['externalId,"occurredAt,sku', /without an end/],
  ['1001,2023-01-01,SKU-1,2,3.10', /column "1001"/],
])('the header %s is refused with what would be right', (header, words) => {
  expect(() => readColumns(header)).toThrow(ImportRefused);
  expect(() => readColumns(header)).toThrow(words);
});
