import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSale } from './parse-sale.ts';

const now = new Date('2026-03-08T15:00:00Z');
const line = { sku: 'latte', name: 'Latte', quantity: 2, unitPrice: 4.5, total: 9 };
const sale = { externalId: 'r-1', occurredAt: '2026-03-08T09:30:00-05:00', total: 9, currency: 'USD', lines: [line] };

const parse = (text: string | Buffer) => parseSale(Buffer.from(text), { currency: 'USD', now });
const parsed = (part: object) => parse(JSON.stringify({ ...sale, ...part }));

/** The code with which the element is refused, or "taken". */
function codeOf(text: string | Buffer): string {
  const result = parse(text);
  return result.ok ? 'taken' : result.refusal.code;
}
const codeWith = (part: object) => codeOf(JSON.stringify({ ...sale, ...part }));
const codeWithLine = (part: object) => codeWith({ lines: [{ ...line, ...part }] });

test('a sale is read into exact figures', () => {
  const result = parsed({ total: '9.50', metadata: { registerId: 3 }, paymentMethod: 'card' });
  expect(result).toMatchObject({
    ok: true,
    sale: {
      externalId: 'r-1',
      version: 1,
      status: 'completed',
      occurredAt: new Date('2026-03-08T14:30:00Z'),
      currency: 'USD',
      total: '9.5',
      discrepancy: '0.5',
      paymentMethod: 'card',
      metadata: { registerId: 3 },
      lines: [
        { sku: 'latte', externalProductId: null, quantity: '2', unitPrice: '4.5', totalPrice: '9', modifiers: [] },
      ],
    },
  });
});

test('the content hash tells content apart, and nothing else', () => {
  const hash = (part: object) => {
    const result = parsed(part);
    return result.ok ? result.sale.contentHash.toString('hex') : result.refusal.detail;
  };
  const same = hash({});
  expect(same).toMatch(/^[0-9a-f]{64}$/);
  // Neither identity nor the way in which a figure or an instant is written, nor what is left out of the metadata.
  expect(hash({ externalId: 'r-2', version: 5 })).toBe(same);
  expect(hash({ total: '9.00', occurredAt: '2026-03-08T14:30:00.000Z', status: 'completed' })).toBe(same);
  expect(hash({ metadata: { shoeSize: 44 }, paymentMethod: null })).toBe(same);
  const mixed = { registerId: 1, channel: 'web' };
  expect(hash({ metadata: mixed })).toBe(hash({ metadata: { channel: 'web', registerId: 1 } }));
  const changed = [
    { total: 9.01 },
    { status: 'refunded' },
    { occurredAt: '2026-03-08T14:30:01Z' },
    { paymentMethod: 'cash' },
    { metadata: mixed },
    { lines: [line, line] },
    { lines: [{ ...line, modifiers: ['oat'] }] },
  ];
  for (const part of changed) expect(hash(part)).not.toBe(same);
});

describe('refused, each with its code', () => {
  test.each([
    ['pos.malformed_sale', 'NaN'],
    ['pos.malformed_sale', '{"total": NaN}'],
    ['pos.malformed_sale', '[]'],
    ['pos.malformed_sale', 'null'],
    ['pos.malformed_sale', '"sale"'],
    ['pos.malformed_sale', '{}'],
    ['pos.malformed_sale', '{"externalId":"a","externalId":"b"}'],
    ['pos.malformed_sale', '{"__proto__":{}}'],
    ['pos.malformed_sale', `{"externalId":${'['.repeat(40)}${']'.repeat(40)}}`],
    ['pos.number_out_of_range', '{"total": 1e400}'],
    ['pos.number_out_of_range', '{"total": 1234567890123456}'],
    ['pos.number_out_of_range', '{"total": 0.1234567890123456}'],
    ['pos.invalid_text', '{"externalId":"a\\u0000b"}'],
    ['pos.invalid_text', '{"externalId":"\\ud800"}'],
    ['pos.invalid_text', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ])('%s: %s', (code, text) => expect(codeOf(text)).toBe(code));

  test.each([
    'a\0b',
    '\ud800',
    'a\udc00',
  ])('an id that cannot be stored is not kept as the identity: %j', (externalId) => {
    expect(parsed({ externalId })).toMatchObject({ refusal: { externalId: null, code: 'pos.invalid_text' } });
  });

  test.each([
    ['pos.unknown_field', { tips: 1 }],
    ['pos.malformed_sale', { externalId: 5 }],
    ['pos.invalid_text', { externalId: '' }],
    ['pos.invalid_text', { externalId: '   ' }],
    ['pos.invalid_text', { externalId: 'x'.repeat(201) }],
    ['pos.invalid_version', { version: 0 }],
    ['pos.invalid_version', { version: 1.5 }],
    ['pos.invalid_version', { version: '1' }],
    ['pos.invalid_version', { version: -3 }],
    ['pos.malformed_sale', { status: 'open' }],
    ['pos.malformed_sale', { occurredAt: 1_700_000_000 }],
    ['pos.invalid_time', { occurredAt: '2026-02-30T10:00:00Z' }],
    ['pos.invalid_time', { occurredAt: '2026-03-08T10:00:00' }],
    ['pos.time_out_of_range', { occurredAt: '2026-03-08T16:00:00.001Z' }],
    ['pos.time_out_of_range', { occurredAt: '1970-01-01T00:00:00Z' }],
    ['pos.malformed_sale', { total: null }],
    ['pos.malformed_sale', { total: '1,50' }],
    ['pos.malformed_sale', { total: '1e3' }],
    ['pos.number_out_of_range', { total: 9.999 }],
    ['pos.number_out_of_range', { total: '1234567890123456' }],
    ['pos.number_out_of_range', { total: 12345678901234 }],
    ['pos.wrong_currency', { currency: 'EUR' }],
    ['pos.wrong_currency', { currency: 'usd' }],
    ['pos.malformed_sale', { currency: 840 }],
    ['pos.invalid_text', { paymentMethod: 'x'.repeat(51) }],
    ['pos.malformed_sale', { metadata: [] }],
    ['pos.malformed_sale', { lines: 'latte' }],
    ['pos.invalid_lines', { lines: [] }],
    ['pos.invalid_lines', { lines: Array.from({ length: 501 }, () => line) }],
    ['pos.malformed_sale', { lines: [7] }],
  ])('%s: %j', (code, part) => expect(codeWith(part)).toBe(code));

  test('where the books are to say which currency it must be, any that books are kept in', () => {
    const codeIn = (currency: unknown) => {
      const parsed = parseSale(Buffer.from(JSON.stringify({ ...sale, currency })), { now });
      return parsed.ok ? parsed.sale.currency : parsed.refusal.code;
    };
    expect(['EUR', 'usd', 'KWD', 840].map(codeIn)).toEqual([
      'EUR',
      'pos.wrong_currency',
      'pos.wrong_currency',
      'pos.malformed_sale',
    ]);
  });

  test.each([
    ['pos.unknown_field', { discount: 1 }],
    ['pos.invalid_lines', { sku: null }],
    ['pos.invalid_quantity', { quantity: 0 }],
    ['pos.invalid_quantity', { quantity: -1 }],
    ['pos.invalid_quantity', { quantity: 10_000_000.5 }],
    ['pos.number_out_of_range', { quantity: 0.00001 }],
    ['pos.malformed_sale', { quantity: 'two' }],
    ['pos.number_out_of_range', { unitPrice: 0.0000001 }],
    ['pos.number_out_of_range', { total: 1.005 }],
    ['pos.invalid_text', { name: 'x'.repeat(201) }],
    ['pos.malformed_sale', { modifiers: 'oat' }],
    ['pos.malformed_sale', { modifiers: Array.from({ length: 51 }, () => 'oat') }],
    ['pos.unknown_field', { modifiers: [{ name: 'oat', kcal: 3 }] }],
  ])('%s in a line: %j', (code, part) => expect(codeWithLine(part)).toBe(code));
});

test('a refusal names the field, and the sale as far as it could be read', () => {
  const result = parsed({ version: 3, lines: [line, { ...line, quantity: -1 }] });
  expect(result).toEqual({
    ok: false,
    refusal: {
      externalId: 'r-1',
      kind: 'sale',
      version: 3,
      code: 'pos.invalid_quantity',
      detail: 'lines[1].quantity of a completed sale must be above 0 and at most 10000000, got -1.',
    },
  });
});

test('the limits themselves are taken', () => {
  expect(codeWith({ occurredAt: '2026-03-08T16:00:00Z' })).toBe('taken');
  expect(codeWith({ occurredAt: '2000-01-01T00:00:00Z' })).toBe('taken');
  expect(codeWith({ externalId: 'x'.repeat(200) })).toBe('taken');
  expect(codeWith({ total: 1234567890123.45 })).toBe('taken');
  expect(codeWith({ version: 999_999_999_999_999 })).toBe('taken');
  expect(codeWith({ lines: Array.from({ length: 500 }, () => line) })).toBe('taken');
  expect(codeWithLine({ quantity: 10_000_000 })).toBe('taken');
  expect(codeWithLine({ unitPrice: -0.123456 })).toBe('taken');
});

test('of refunded and voided sales nothing may be left, in lines of 0 or in no line; never less than nothing', () => {
  for (const status of ['refunded', 'voided']) {
    expect(codeWith({ status, lines: [{ ...line, quantity: 0 }] })).toBe('taken');
    expect(codeWith({ status, lines: [] })).toBe('taken');
    expect(codeWith({ status, lines: [{ ...line, quantity: -1 }] })).toBe('pos.invalid_quantity');
  }
});

test('metadata keeps small scalars of the list, and never a card number', () => {
  const metadata = {
    registerId: 'r1',
    guestCount: 4,
    channel: true,
    receiptNumber: '4111111111111111',
    orderNumber: 4111111111111111 / 10,
    customerName: 'Ada',
    shiftId: { deep: 1 },
    terminalId: 'x'.repeat(201),
    tableNumber: null,
  };
  const result = parsed({ metadata: { ...metadata, orderNumber: 17 }, paymentMethod: 'visa 4111 1111 1111 1111' });
  expect(result).toMatchObject({
    sale: {
      metadata: { registerId: 'r1', guestCount: 4, channel: true, orderNumber: 17 },
      paymentMethod: 'visa **** **** **** ****',
    },
  });
  expect(Object.keys(result.ok ? result.sale.metadata : {})).toHaveLength(4);
});

test('a card number is no id: neither the number nor what is left of it when it was overwritten', () => {
  for (const id of ['4111111111111111', 'card 4111-1111-1111-1111', '****************', '**** **** **** ****']) {
    expect(parsed({ externalId: id })).toMatchObject({
      refusal: { externalId: null, code: 'pos.card_number_as_id', detail: expect.not.stringContaining('4111') },
    });
    expect(codeWithLine({ sku: id })).toBe('pos.card_number_as_id');
    expect(codeWithLine({ externalProductId: id })).toBe('pos.card_number_as_id');
  }
  expect(codeWith({ externalId: '4111111111111112' })).toBe('taken');
  expect(parsed({ 4111111111111111: 1 })).toMatchObject({ refusal: { detail: expect.not.stringContaining('4111') } });
});

test('no bytes whatever make it throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void parse(Buffer.from(bytes))));
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(sale)), fc.jsonValue(), (key, value) => void parsed({ [key]: value })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(line)), fc.jsonValue(), (key, value) => {
      parsed({ lines: [{ ...line, [key]: value }] });
    }),
  );
});

test('totals and lines of any cents give the exact difference', () => {
  const cents = fc.integer({ min: 0, max: 10_000_000 });
  fc.assert(
    fc.property(cents, fc.array(cents, { minLength: 1, maxLength: 20 }), (total, lines) => {
      const result = parsed({
        total: (total / 100).toFixed(2),
        lines: lines.map((each) => ({ ...line, total: (each / 100).toFixed(2) })),
      });
      const sum = lines.reduce((a, b) => a + b, 0);
      expect(result.ok && Math.round(Number(result.sale.discrepancy) * 100)).toBe(total - sum);
    }),
  );
});
