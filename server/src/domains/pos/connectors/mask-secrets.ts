// Keeps secrets out of what a vendor says: some vendors quote in a refusal what they were sent, and a refusal is shown to
// people, kept in the till's row and written to the log.

const mask = '***';
/** Shorter ones would tear words apart, and are no secrets. */
const lengthMin = 4;
const encodedLengthMin = 8;
/** A secret may stand anywhere within an encoded text, e.g. behind the name in `Basic`. */
const offsets = [0, 1, 2];

/**
 * The text with each secret replaced, whether it stands there as it is, percent-encoded, within JSON or within Base64.
 * Before a text is cut: the beginning of a secret would not be known again.
 */
export function maskSecrets(text: string, secrets: Iterable<string>): string {
  const forms = new Set([...secrets].filter(({ length }) => length >= lengthMin).flatMap(formsOf));
  // The longest first: what is left of one of which another is a part would be told.
  return [...forms].sort((a, b) => b.length - a.length).reduce((kept, form) => kept.replaceAll(form, mask), text);
}

function formsOf(secret: string): string[] {
  // A half of a surrogate pair is no text that could be encoded.
  const encoded = encodeURIComponent(secret.toWellFormed());
  const plain = [secret, encoded, encoded.toLowerCase(), encoded.replaceAll('%20', '+'), quoted(secret)];
  const within = offsets.flatMap((offset) => base64At(secret, offset));
  return [...plain, ...within.filter(({ length }) => length >= encodedLengthMin)];
}

function quoted(secret: string): string {
  return JSON.stringify(secret).slice(1, -1);
}

/** The digits that the secret alone decides where so many bytes stand before it, as both alphabets write them. */
function base64At(secret: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const digits = bytes.toString('base64').replace(/=+$/, '');
  const first = [0, 2, 3][offset] ?? 0;
  // The last digit holds bits of what follows, unless the bytes fill it.
  const decided = digits.slice(first, bytes.length % 3 === 0 ? digits.length : digits.length - 1);
  return [decided, decided.replaceAll('+', '-').replaceAll('/', '_')];
}
