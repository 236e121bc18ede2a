import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdsCardNumber, maskCardNumbers, maskCardNumbersInBytes } from './card-number.ts';

// The numbers that the schemes publish for testing.
const cards = [
  '4111111111111111',
  '4012888888881881',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '6011111111111117',
  '30569309025904',
  '3530111333300000',
  '6240008631401148',
  '4111 1111 1111 1111',
  '3782-822463-10005',
];

test('the test numbers of all schemes are found, alone and in a sentence', () => {
  for (const card of cards) {
    const digits = card.replace(/\d/g, '*');
    expect(maskCardNumbers(card)).toBe(digits);
    expect(maskCardNumbers(`paid by ${card}, 12/27 thanks`)).toBe(`paid by ${digits}, 12/27 thanks`);
  }
});

test('other long numbers stay: barcodes, device ids, amounts, times, ids of tills', () => {
  const others = [
    '4006381333931', // EAN-13, Luhn aside it begins like a Visa card
    '356938035643809', // IMEI, which passes Luhn
    '4111111111111112', // fails Luhn
    '1234567890123456',
    '9999999999999999',
    '0.4111111111111111',
    '4111111111111111.5',
    '41111111111111110000',
    '1772960400000000',
    '2026-03-08T09:30:00-05:00',
    '01932c07-209b-7d5c-8a77-4ce4a1b5e7d1',
  ];
  for (const text of others) expect([text, holdsCardNumber(text)]).toEqual([text, false]);
});

test('raw bytes keep their length and everything but the digits of cards', () => {
  const raw = Buffer.concat([
    Buffer.from('{"id":"41111111111111112222","note":"4012888888881881 \xff"'),
    Buffer.of(0xff, 0),
  ]);
  const masked = maskCardNumbersInBytes(raw);
  expect(masked.length).toBe(raw.length);
  expect(masked.toString('latin1')).toBe(raw.toString('latin1').replace('4012888888881881', '*'.repeat(16)));
});

test('bytes without a card number are the very same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const raw = Buffer.from(bytes);
      fc.pre(!holdsCardNumber(raw.toString('latin1')));
      expect(maskCardNumbersInBytes(raw)).toBe(raw);
    }),
  );
});
