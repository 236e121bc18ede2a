// The numbers by which a client recognises which of its bindings a change is for. Stable over rejoins and connections:
// after a reconnect the client still listens under its old ids until the new join's reply has arrived.
import type { Binding } from '../protocol/join-config.ts';

/**
 * One positive 31-bit id for each binding, in order. Equal bindings share an id; different ones never do within a
 * channel. Zero is not used: the client takes it for "none".
 */
export function bindingIds(bindings: readonly Binding[]): number[] {
  const owners = new Map<number, string>();
  return bindings.map((binding) => {
    const text = canonicalText(binding);
    let id = hash(text);
    // Two texts with one hash are moved apart in the order of the join, which a rejoin repeats.
    while (owners.has(id) && owners.get(id) !== text) id = (id % 0x7fff_ffff) + 1;
    owners.set(id, text);
    return id;
  });
}

function canonicalText({ event, schema, table, filter, select }: Binding): string {
  return JSON.stringify([event, schema, table, filter, select]);
}

/** FNV-1a over UTF-16 units, folded to 1 … 2^31-1. */
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x0100_0193) >>> 0;
  }
  return (value % 0x7fff_ffff) + 1;
}
