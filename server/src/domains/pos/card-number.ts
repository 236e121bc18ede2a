// Card numbers must not enter: a till that puts one into a free text or into its metadata would make every table, event
// and backup a place where cards are kept. What looks like one is dropped or overwritten before anything is stored.

// A run of digits, or the groups in which cards are printed; not part of a longer number and not the fraction of one.
const candidates =
  /(?<![\d.])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})(?!\d|\.\d)/g;

// Prefix and length of Visa, Mastercard, American Express, Diners, Discover, JCB and UnionPay. A Luhn check alone would
// take one receipt number in ten for a card, and every IMEI.
const schemes = new RegExp(
  [
    '^(?:4\\d{15}(?:\\d{3})?',
    '5[1-5]\\d{14}',
    '2(?:22[1-9]|2[3-9]\\d|[3-6]\\d\\d|7[01]\\d|720)\\d{12}',
    '3[47]\\d{13}',
    '3(?:0[0-5]|[68]\\d)\\d{11}',
    '(?:6011|64[4-9]\\d|65\\d\\d)\\d{12,15}',
    '35(?:2[89]|[3-8]\\d)\\d{12}',
    '62\\d{14,17})$',
  ].join('|'),
);

function isCardNumber(candidate: string): boolean {
  const digits = candidate.replace(/[ -]/g, '');
  return schemes.test(digits) && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Overwrites the digits of everything that looks like a card number with "*", length unchanged. */
export function maskCardNumbers(text: string): string {
  return text.replace(candidates, (found) => (isCardNumber(found) ? found.replace(/\d/g, '*') : found));
}

export function holdsCardNumber(text: string): boolean {
  return maskCardNumbers(text) !== text;
}

/** Whether the text is what is left of a card number, as a refused sale's bytes hold it. */
export function isMaskedCardNumber(text: string): boolean {
  return /\*{4}([ -]?)\*{4,}\1\*{4,}/.test(text);
}

/**
 * The same for raw bytes that are kept. Returns the bytes themselves where there is nothing to hide, so an element
 * without a card number is kept exactly. Bytes are read as Latin-1, which changes none of them on the way back.
 */
export function maskCardNumbersInBytes(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const masked = maskCardNumbers(text);
  return masked === text ? bytes : Buffer.from(masked, 'latin1');
}
