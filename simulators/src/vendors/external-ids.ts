// Ids in the styles of the vendors, made from a seed: the same run gives the same ids, and no two runs of different seeds
// meet.

import { createHash } from 'node:crypto';

const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const mixed = `${upper}abcdefghijklmnopqrstuvwxyz`;

/** `length` characters A-Z and 0-9, the first a letter: Clover's ids, Square's locations and catalog objects. */
export const upperId = (length: number, ...labels: readonly (string | number)[]): string =>
  upper.charAt((digest(labels)[31] ?? 0) % 26) + spell(upper, length - 1, labels);

/** Letters of both cases and digits: Square's orders, payments and refunds. */
export const mixedId = (length: number, ...labels: readonly (string | number)[]): string =>
  spell(mixed, length, labels);

/** A UUID of version 4's look: Toast's ids and Square's events. */
export function guid(...labels: readonly (string | number)[]): string {
  const hex = digest(labels).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Ids that are asked for again and again are made once. */
export function remembered(make: (...labels: readonly string[]) => string): (...labels: readonly string[]) => string {
  const known = new Map<string, string>();
  return (...labels) => {
    const key = labels.join('\n');
    const id = known.get(key) ?? make(...labels);
    known.set(key, id);
    return id;
  };
}

function spell(letters: string, length: number, labels: readonly (string | number)[]): string {
  let text = '';
  for (let round = 0; text.length < length; round++) {
    for (const byte of digest([...labels, round])) text += letters.charAt(byte % letters.length);
  }
  return text.slice(0, length);
}

const digest = (labels: readonly (string | number)[]): Buffer =>
  createHash('sha256').update(JSON.stringify(labels)).digest();
