// Rooms of several nodes over a carrier that may lose messages: who hears what, and who is shown as present.
import { expect, test } from 'vitest';
import type { JsonObject } from '../protocol/message.ts';
import { serializerV1 } from '../protocol/serializer-v1.ts';
import type { RoomMember } from './room.ts';
import { roomAddress } from './room-address.ts';
import type { RoomCarrier } from './room-carrier.ts';
import { decodeRoomMessage, encodeRoomMessage, type RoomMessage } from './room-message.ts';
import { presenceState } from './room-presence.ts';
import { Rooms } from './rooms.ts';

/** One carrier a node, joined by a wire; `isCut` loses what is sent meanwhile, and `mend` says that it is over. */
class Wire {
  readonly #listeners = new Map<object, Map<string, (message: Uint8Array) => void>>();
  readonly #restored = new Set<() => void>();
  isCut = false;

  mend(): void {
    this.isCut = false;
    for (const listener of this.#restored) listener();
  }

  node(): RoomCarrier {
    const own = new Map<string, (message: Uint8Array) => void>();
    this.#listeners.set(own, own);
    return {
      publish: (room, message) => {
        if (this.isCut) return;
        for (const other of this.#listeners.keys()) {
          if (other !== own) this.#listeners.get(other)?.get(room)?.(message);
        }
      },
      subscribe: (room, listener) => {
        own.set(room, listener);
        return () => own.delete(room);
      },
      onRestored: (listener) => {
        this.#restored.add(listener);
        return () => this.#restored.delete(listener);
      },
    };
  }
}

interface Guest {
  readonly member: RoomMember;
  readonly heard: { event: string; payload: JsonObject }[];
}

function guest(presenceKey: string): Guest {
  const heard: Guest['heard'] = [];
  const push = (framed: Buffer) => {
    const text = framed.toString('utf8');
    const { event, payload } = JSON.parse(text.slice(text.indexOf('{')));
    heard.push({ event, payload });
  };
  const common = { topic: 'realtime:room', serializer: serializerV1, hearsItself: false, seesPresence: true };
  return { member: { ...common, presenceKey, sink: { push }, shown: null }, heard };
}

function nodeOn(wire: Wire): Rooms {
  const rooms = new Rooms({ carrier: wire.node(), onDelivered: () => undefined });
  rooms.start();
  return rooms;
}

const told = (event: string) => ({ event, content: { json: {} }, extra: {} });

function twoNodes() {
  const wire = new Wire();
  const [here, there] = [nodeOn(wire), nodeOn(wire)];
  const [ada, bob] = [guest('ada'), guest('bob')];
  const [adasRoom, bobsRoom] = [here.enter(ada.member, 'room'), there.enter(bob.member, 'room')];
  const keys = (room: typeof adasRoom) => Object.keys(presenceState(room.presence.entries())).sort();
  return { wire, here, there, ada, bob, adasRoom, bobsRoom, keys };
}

test('a broadcast reaches the other nodes once, and its sender not at all', () => {
  const { here, ada, bob } = twoNodes();
  here.broadcast('room', told('hello'), ada.member);
  here.broadcast('elsewhere', told('nobody'), null);
  expect(ada.heard).toEqual([]);
  expect(bob.heard.map(({ payload }) => payload['event'])).toEqual(['hello']);
});

test('presence is shown on all nodes, replaced in one diff, and gone with its member', () => {
  const { here, ada, bob, adasRoom, bobsRoom, keys } = twoNodes();
  here.show(ada.member, adasRoom, { n: 1 });
  here.show(ada.member, adasRoom, { n: 2 });
  expect(keys(bobsRoom)).toEqual(['ada']);
  expect(bob.heard.map(({ event }) => event)).toEqual(['presence_diff', 'presence_diff']);
  expect(bob.heard[1]?.payload).toMatchObject({
    joins: { ada: { metas: [{ n: 2 }] } },
    leaves: { ada: { metas: [{ n: 1 }] } },
  });
  here.leave(ada.member, adasRoom);
  expect(keys(bobsRoom)).toEqual([]);
  expect(bobsRoom.presence.bytes).toBe(0);
});

test('a node that comes later learns who is there', () => {
  const { wire, here, ada, adasRoom, keys } = twoNodes();
  here.show(ada.member, adasRoom, { n: 1 });
  const late = nodeOn(wire);
  expect(keys(late.enter(guest('cyd').member, 'room'))).toEqual(['ada']);
});

test('a change that was lost is noticed at the next one', () => {
  const { wire, here, ada, adasRoom, bobsRoom, keys } = twoNodes();
  const cyd = guest('cyd');
  here.enter(cyd.member, 'room');
  here.show(ada.member, adasRoom, { n: 1 });
  wire.isCut = true;
  here.show(ada.member, adasRoom, null);
  wire.isCut = false;
  expect(keys(bobsRoom)).toEqual(['ada']);
  here.show(cyd.member, adasRoom, { n: 1 });
  expect(keys(bobsRoom)).toEqual(['cyd']);
});

test('who leaves a room and comes back to it is shown again, however much was shown before', () => {
  const { here, ada, adasRoom, bobsRoom, keys } = twoNodes();
  for (let n = 0; n < 3; n++) here.show(ada.member, adasRoom, { n });
  here.leave(ada.member, adasRoom);
  const again = here.enter(ada.member, 'room');
  here.show(ada.member, again, { n: 4 });
  expect(keys(bobsRoom)).toEqual(['ada']);
  here.show(ada.member, again, null);
  expect(keys(bobsRoom)).toEqual([]);
});

test('what changed while the wire was down is known soon after it stands again, and nothing else is told', () => {
  const { wire, here, there, ada, bob, adasRoom, bobsRoom, keys } = twoNodes();
  const [cyd, dan] = [guest('cyd'), guest('dan')];
  here.enter(cyd.member, 'room');
  const other = here.enter(dan.member, 'other');
  const emptied = there.enter(guest('eve').member, 'other');
  here.show(cyd.member, adasRoom, { n: 1 });
  here.show(dan.member, other, { n: 1 });
  for (const node of [here, there]) node.sweep();
  wire.isCut = true;
  here.show(ada.member, adasRoom, { n: 1 });
  there.show(bob.member, bobsRoom, { n: 1 });
  // The only one there: the room itself is forgotten, and with it that anybody was in it.
  here.leave(dan.member, other);
  bob.heard.length = 0;
  wire.mend();
  for (const room of [adasRoom, bobsRoom]) expect(keys(room)).toEqual(['ada', 'bob', 'cyd']);
  expect(bob.heard.map(({ payload }) => payload)).toEqual([
    { joins: { ada: { metas: [{ n: 1, phx_ref: expect.any(String) }] } }, leaves: {} },
  ]);
  for (let n = 0; n < 8; n++) for (const node of [here, there]) node.sweep();
  expect(keys(emptied)).toEqual([]);
  for (const room of [adasRoom, bobsRoom]) expect(keys(room)).toEqual(['ada', 'bob', 'cyd']);
});

test('a node that was taken for gone and speaks again in one room is asked about all', () => {
  const { wire, here, there, ada, bob, adasRoom, keys } = twoNodes();
  const [second, seconds] = [here.enter(ada.member, 'second'), there.enter(bob.member, 'second')];
  here.show(ada.member, adasRoom, { n: 1 });
  here.show(ada.member, second, { n: 1 });
  here.sweep();
  wire.isCut = true;
  for (let n = 0; n < 20; n++) there.sweep();
  expect(keys(seconds)).toEqual([]);
  wire.isCut = false;
  const cyd = guest('cyd');
  here.enter(cyd.member, 'room');
  here.show(cyd.member, adasRoom, { n: 1 });
  expect(keys(seconds)).toEqual(['ada']);
});

test('the members of a node that stops leave at once, of one that falls silent after a while; it may come back', () => {
  const { wire, here, there, ada, adasRoom, bobsRoom, keys } = twoNodes();
  here.sweep();
  here.show(ada.member, adasRoom, { n: 1 });
  wire.isCut = true;
  for (let n = 0; n < 20; n++) there.sweep();
  expect(keys(bobsRoom)).toEqual([]);
  wire.isCut = false;
  here.sweep();
  expect(keys(bobsRoom)).toEqual(['ada']);
  here.stop();
  expect(keys(bobsRoom)).toEqual([]);
});

test('a message survives the way as it was, and what is none is ignored', () => {
  const messages: RoomMessage[] = [
    { kind: 'broadcast', event: 'e', content: { bytes: Buffer.from([0, 255]) }, extra: {} },
    { kind: 'broadcast', event: 'e', content: { json: { bytes: 'no' } }, extra: { x: 1 } },
    { kind: 'broadcast', event: 'e', content: { json: null }, extra: {} },
    { kind: 'presence-ask' },
  ];
  for (const message of messages) expect(decodeRoomMessage(encodeRoomMessage(message))).toEqual(message);
  for (const text of ['', '{', '[]', '{"kind":"dance"}', '{"kind":"alive"}']) {
    expect(decodeRoomMessage(Buffer.from(text))).toBeNull();
  }
});

test('an address tells franchises, privacy and topics apart, and needs no franchise where the topic is a place', () => {
  const place = 'realtime:location:0197a000-0000-7000-8000-00000000000a';
  const [a, b, both] = [{ brands: ['a'] }, { brands: ['b'] }, { brands: ['a', 'b'] }];
  const addresses = [
    roomAddress('realtime:x', false, a),
    roomAddress('realtime:x', true, a),
    roomAddress('realtime:x', false, b),
    roomAddress('realtime:y', false, a),
    roomAddress(place, false, a),
  ];
  expect(new Set(addresses).size).toBe(5);
  for (const address of addresses) expect(address).toMatch(/^[\w-]+$/);
  expect(roomAddress(place, false, both)).toBe(roomAddress(place, false, a));
  expect(roomAddress('realtime:x', false, both)).toBeNull();
  expect(roomAddress('realtime:x', false, { brands: [] })).toBeNull();
});
