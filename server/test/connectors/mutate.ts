/** What goes wrong with a vendor's document on its way, or at the vendor: bytes that flip, fields that are not what they were. */
import type { Random } from '@tillstream/simulators';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const odd: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e15,
  -99_999_999_999,
  1e300,
  '',
  ' ',
  '0',
  '-12.345678901',
  'NaN',
  'Infinity',
  '1e400',
  '99999999999999999999',
  'COMPLETED',
  'SOMETHING_NEW',
  '1970-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  '__proto__',
  'nul \u0000 within',
  '\ud800',
  'x'.repeat(5_000),
  '4111 1111 1111 1111',
  [],
  {},
  [[[[[[]]]]]],
  { elements: [] },
  { amount: 'twelve', currency: 'XXX' },
  { amount: 1, currency: 'KWD' },
];

/** One to three changes to the document, of its bytes or of what they mean. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = bytes;
  const changes = 1 + Math.floor(random.unit() * 3);
  for (let n = 0; n < changes; n++) {
    mutated = random.chance(0.3) ? mutateBytes(mutated, random) : mutateMeaning(mutated, random);
  }
  return mutated;
}

function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const at = Math.floor(random.unit() * bytes.length);
  const luck = random.unit();
  if (luck < 0.4) {
    const flipped = Buffer.from(bytes);
    flipped[at] = Math.floor(random.unit() * 256);
    return flipped;
  }
  if (luck < 0.6) return bytes.subarray(0, at);
  const end = at + Math.floor(random.unit() * 40);
  if (luck < 0.8) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
}

function mutateMeaning(bytes: Buffer, random: Random): Buffer {
  let value: Json;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return mutateBytes(bytes, random);
  }
  const places: { readonly parent: { [key: string]: Json }; readonly key: string }[] = [];
  collect(value, places);
  const place = places[Math.floor(random.unit() * places.length)];
  if (place === undefined) return mutateBytes(bytes, random);
  const { parent, key } = place;
  const luck = random.unit();
  const other = places[Math.floor(random.unit() * places.length)];
  if (luck < 0.2) delete parent[key];
  else if (luck < 0.3) parent[key] = structuredClone(other?.parent[other.key] ?? null);
  else if (luck < 0.4 && Array.isArray(parent[key])) parent[key] = repeat(parent[key], random);
  else parent[key] = structuredClone(odd[Math.floor(random.unit() * odd.length)] ?? null);
  return Buffer.from(JSON.stringify(value));
}

const repeat = (list: Json[], random: Random): Json[] =>
  Array.from({ length: Math.floor(random.unit() * 700) }, (_, n) => list[n % Math.max(list.length, 1)] ?? null);

function collect(value: Json, into: { parent: { [key: string]: Json }; key: string }[]): void {
  if (typeof value !== 'object' || value === null) return;
  // An array is an object with keys of its own kind.
  const parent = value as { [key: string]: Json };
  for (const key of Object.keys(parent)) {
    into.push({ parent, key });
    collect(parent[key] ?? null, into);
  }
}
