// The rooms that this node has members in, and their connection to the same rooms on other nodes. What a member says reaches
// the other members here at once, and those elsewhere by the carrier.
import { v7 as uuidv7 } from 'uuid';
import { Room, type RoomMember, type Told } from './room.ts';
import type { RoomCarrier } from './room-carrier.ts';
import { decodeRoomMessage, encodeRoomMessage, type PresenceEntry, type RoomMessage } from './room-message.ts';
import { type PresenceDiff, RoomPresence } from './room-presence.ts';

export interface RoomsOptions {
  readonly carrier: RoomCarrier;
  /** For the counters: frames owed to members. */
  readonly onDelivered: (frames: number) => void;
}

/** The key of a member that gave itself none. */
export function newPresenceKey(): string {
  return uuidv7();
}

/** Every node listens here for the others' signs of life. */
const nodesRoom = 'nodes';
/** A node that is silent for this many sweeps is gone, and its members have left. */
const silentSweepsMax = 10;
/** A node that was cut off has this many sweeps' time to say what it has in a room. */
const doubtfulSweepsMax = 6;

export class Rooms {
  readonly #carrier: RoomCarrier;
  readonly #onDelivered: (frames: number) => void;
  readonly #rooms = new Map<string, { room: Room; unsubscribe: () => void }>();
  readonly #sweepsSince = new Map<string, number>();
  /** The nodes that changes were lost of, with the sweeps that are left to them. */
  readonly #doubtful = new Map<string, number>();
  readonly #node = uuidv7();
  #refs = 0;
  /** Changes of presence that this node has told, in all rooms: no room's version is above it. */
  #changes = 0;
  #unsubscribe: (() => void)[] = [];

  constructor({ carrier, onDelivered }: RoomsOptions) {
    this.#carrier = carrier;
    this.#onDelivered = onDelivered;
  }

  start(): void {
    this.#unsubscribe = [
      this.#carrier.subscribe(nodesRoom, (bytes) => this.#hearOfNode(decodeRoomMessage(bytes))),
      this.#carrier.onRestored(() => this.#catchUp()),
    ];
  }

  stop(): void {
    this.#tell(nodesRoom, { kind: 'gone', node: this.#node });
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** Called every half second or so: says that this node lives, and forgets those that have stopped saying so. */
  sweep(): void {
    this.#tell(nodesRoom, { kind: 'alive', node: this.#node });
    for (const [node, sweeps] of this.#sweepsSince) {
      if (sweeps >= silentSweepsMax) this.#drop(node);
      else this.#sweepsSince.set(node, sweeps + 1);
    }
    for (const [node, sweeps] of this.#doubtful) {
      this.#doubtful.set(node, sweeps - 1);
      if (sweeps > 0) continue;
      this.#doubtful.delete(node);
      for (const { room } of this.#rooms.values()) this.#tellMembers(room, room.presence.dropIfDoubtful(node));
    }
  }

  /** The room with this address, the member in it. */
  enter(member: RoomMember, address: string): Room {
    const known = this.#rooms.get(address)?.room;
    const room = known ?? this.#open(address);
    room.members.add(member);
    return room;
  }

  /** What the member shows of itself goes with it. */
  leave(member: RoomMember, room: Room): void {
    this.show(member, room, null);
    room.members.delete(member);
    if (room.members.size > 0) return;
    this.#rooms.get(room.address)?.unsubscribe();
    this.#rooms.delete(room.address);
  }

  /** To everybody in the room, on all nodes; to the sender only if it asked to hear itself. */
  broadcast(address: string, said: Told, sender: RoomMember | null): void {
    const room = this.#rooms.get(address)?.room;
    if (room !== undefined) this.#onDelivered(room.hear(said, sender));
    this.#tell(address, { kind: 'broadcast', ...said });
  }

  /** What the member shows of itself from now on; null for nothing. One diff tells the room, also of a replacement. */
  show(member: RoomMember, room: Room, meta: PresenceEntry['meta'] | null): void {
    const before = member.shown;
    if (before === null && meta === null) return;
    const after =
      meta === null ? null : { ref: this.#newRef(), key: member.presenceKey, meta, replaces: before?.ref ?? null };
    member.shown = after;
    const diff = { joins: after === null ? [] : [after], leaves: before === null ? [] : [before] };
    this.#changes++;
    this.#tell(room.address, room.presence.change(this.#node, diff));
    this.#tellMembers(room, diff);
  }

  /** Entries that this node's members show, for the metrics. */
  countShown(): number {
    let shown = 0;
    for (const { room } of this.#rooms.values()) for (const member of room.members) if (member.shown !== null) shown++;
    return shown;
  }

  #newRef(): string {
    return `${this.#node.slice(-12)}${(++this.#refs).toString(36)}`;
  }

  #open(address: string): Room {
    const room = new Room(address, new RoomPresence(this.#changes));
    const unsubscribe = this.#carrier.subscribe(address, (bytes) => this.#hear(room, decodeRoomMessage(bytes)));
    this.#rooms.set(address, { room, unsubscribe });
    this.#tell(address, { kind: 'presence-ask' });
    return room;
  }

  #hear(room: Room, message: RoomMessage | null): void {
    switch (message?.kind) {
      case 'broadcast':
        this.#onDelivered(room.hear(message, null));
        return;
      case 'presence-ask':
        this.#tell(room.address, room.presence.tellAll(this.#node));
        return;
      case 'presence':
      case 'presence-all': {
        this.#noteLife(message.node);
        const diff = room.presence.take(message);
        if (diff === null) this.#tell(room.address, { kind: 'presence-ask' });
        else this.#tellMembers(room, diff);
        return;
      }
      default:
    }
  }

  #hearOfNode(message: RoomMessage | null): void {
    if (message?.kind === 'gone') this.#drop(message.node);
    if (message?.kind === 'alive' || message?.kind === 'restored') this.#noteLife(message.node);
    if (message?.kind === 'restored') this.#doubt(message.node);
  }

  /** A node that is new here, or was silent for long: whom it has in our rooms is not known. */
  #noteLife(node: string): void {
    const isNew = !this.#sweepsSince.has(node);
    this.#sweepsSince.set(node, 0);
    if (isNew) for (const address of this.#rooms.keys()) this.#tell(address, { kind: 'presence-ask' });
  }

  /** This node was cut off: what it said meanwhile was lost to the others, and what they said to it. */
  #catchUp(): void {
    this.#tell(nodesRoom, { kind: 'restored', node: this.#node });
    for (const node of this.#sweepsSince.keys()) this.#doubt(node);
    for (const { room } of this.#rooms.values()) {
      this.#tell(room.address, room.presence.tellAll(this.#node));
      this.#tell(room.address, { kind: 'presence-ask' });
    }
  }

  #doubt(node: string): void {
    this.#doubtful.set(node, doubtfulSweepsMax);
    for (const { room } of this.#rooms.values()) room.presence.doubt(node);
  }

  #drop(node: string): void {
    this.#sweepsSince.delete(node);
    this.#doubtful.delete(node);
    for (const { room } of this.#rooms.values()) this.#tellMembers(room, room.presence.drop(node));
  }

  #tellMembers(room: Room, diff: PresenceDiff): void {
    if (diff.joins.length + diff.leaves.length > 0) this.#onDelivered(room.seePresence(diff));
  }

  #tell(address: string, message: RoomMessage | null): void {
    if (message !== null) this.#carrier.publish(address, encodeRoomMessage(message));
  }
}
