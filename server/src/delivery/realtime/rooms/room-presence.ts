// Who is in a room, as far as this node knows: its own members' entries, and a copy of those of each other node. Each node
// speaks for its own; a copy that missed a change is noticed by its version and asked for anew.
import type { JsonObject } from '../protocol/message.ts';
import type { PresenceEntry, RoomMessage } from './room-message.ts';

/** What members are told: the entries that came and those that went. */
export interface PresenceDiff {
  readonly joins: readonly PresenceEntry[];
  readonly leaves: readonly PresenceEntry[];
}

interface NodeEntries {
  version: number;
  readonly byRef: Map<string, PresenceEntry>;
  /** Changes may have been lost: what is known counts until the node has said what it has, or is taken to have nothing. */
  isDoubtful: boolean;
}

export class RoomPresence {
  readonly #own: NodeEntries;
  readonly #firstVersion: number;
  readonly #others = new Map<string, NodeEntries>();
  /** Bytes of all entries, as JSON. */
  bytes = 0;

  /**
   * `firstVersion` is above every version that this node has told of the room: a room that was left by all and is entered
   * again begins anew here, while other nodes may remember the old one.
   */
  constructor(firstVersion: number) {
    this.#firstVersion = firstVersion;
    this.#own = { version: firstVersion, byRef: new Map(), isDoubtful: false };
  }

  /** Entries of this node's own members that come and go in one step; returns the message for the other nodes. */
  change(node: string, { joins, leaves }: PresenceDiff): RoomMessage {
    for (const entry of leaves) this.#remove(this.#own, entry.ref);
    for (const entry of joins) this.#add(this.#own, entry);
    this.#own.version++;
    const { version } = this.#own;
    // The first change of all is told as the whole, since nobody has what it would come after.
    if (version === this.#firstVersion + 1) return this.#all(node);
    return {
      kind: 'presence',
      node,
      version,
      joins: [...joins],
      leaves: leaves.map(({ ref }) => ref),
    };
  }

  /** The answer to a node that asks; null where this one has nothing to tell. */
  tellAll(node: string): RoomMessage | null {
    return this.#own.version === this.#firstVersion ? null : this.#all(node);
  }

  /** Takes what another node tells; null where a change before it was missed, so that all must be asked for. */
  take(message: Extract<RoomMessage, { kind: 'presence' | 'presence-all' }>): PresenceDiff | null {
    const { node, version } = message;
    const known = this.#others.get(node);
    if (message.kind === 'presence-all') return this.#replace(node, { version, entries: message.entries });
    if (known === undefined || version > known.version + 1) return null;
    if (version <= known.version) return none;
    known.version = version;
    // It follows on what is known, so nothing was lost in between.
    known.isDoubtful = false;
    const leaves = message.leaves.flatMap((ref) => this.#remove(known, ref));
    for (const entry of message.joins) this.#add(known, entry);
    return { joins: message.joins, leaves };
  }

  /** The node is gone, and its members with it. */
  drop(node: string): PresenceDiff {
    const leaves = [...(this.#others.get(node)?.byRef.values() ?? [])];
    this.#others.delete(node);
    for (const entry of leaves) this.bytes -= sizeOf(entry);
    return { joins: [], leaves };
  }

  /** What the node has told may have changed unheard. */
  doubt(node: string): void {
    const known = this.#others.get(node);
    if (known !== undefined) known.isDoubtful = true;
  }

  /** A node that was asked and has not said that it has anything here has nothing. */
  dropIfDoubtful(node: string): PresenceDiff {
    return this.#others.get(node)?.isDoubtful === true ? this.drop(node) : none;
  }

  entries(): PresenceEntry[] {
    return [this.#own, ...this.#others.values()].flatMap(({ byRef }) => [...byRef.values()]);
  }

  #all(node: string): RoomMessage {
    const { version, byRef } = this.#own;
    return { kind: 'presence-all', node, version, entries: [...byRef.values()] };
  }

  #replace(node: string, all: { version: number; entries: readonly PresenceEntry[] }): PresenceDiff {
    const before = this.#others.get(node)?.byRef ?? new Map<string, PresenceEntry>();
    const fresh: NodeEntries = { version: all.version, byRef: new Map(), isDoubtful: false };
    this.#others.set(node, fresh);
    for (const entry of before.values()) this.bytes -= sizeOf(entry);
    for (const entry of all.entries) this.#add(fresh, entry);
    return {
      joins: all.entries.filter(({ ref }) => !before.has(ref)),
      leaves: [...before.values()].filter(({ ref }) => !fresh.byRef.has(ref)),
    };
  }

  #add({ byRef }: NodeEntries, entry: PresenceEntry): void {
    byRef.set(entry.ref, entry);
    this.bytes += sizeOf(entry);
  }

  #remove({ byRef }: NodeEntries, ref: string): PresenceEntry[] {
    const entry = byRef.get(ref);
    if (entry === undefined) return [];
    byRef.delete(ref);
    this.bytes -= sizeOf(entry);
    return [entry];
  }
}

const none: PresenceDiff = { joins: [], leaves: [] };

export function sizeOf({ key, ref, meta }: PresenceEntry): number {
  return Buffer.byteLength(key) + ref.length + Buffer.byteLength(JSON.stringify(meta));
}

/** The protocol's `presence_state`: `{key: {metas: [{phx_ref, …}]}}`. */
export function presenceState(entries: readonly PresenceEntry[]): JsonObject {
  // Keys are the clients' own words: as an object's members they could be `__proto__`, so they are collected in a map.
  const byKey = new Map<string, JsonObject[]>();
  for (const { key, ref, meta, replaces } of entries) {
    const shown = { ...meta, phx_ref: ref, ...(replaces !== null && { phx_ref_prev: replaces }) };
    byKey.set(key, [...(byKey.get(key) ?? []), shown]);
  }
  return Object.fromEntries([...byKey].map(([key, metas]) => [key, { metas }]));
}

/** The protocol's `presence_diff`. */
export function presenceDiff({ joins, leaves }: PresenceDiff): JsonObject {
  return { joins: presenceState(joins), leaves: presenceState(leaves) };
}
