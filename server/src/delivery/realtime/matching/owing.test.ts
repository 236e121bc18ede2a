// What is owed by a batch reaches each member whole and in order, in pieces that no queue is too small for.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frame } from '../protocol/frame.ts';
import { serializerV2 } from '../protocol/serializer-v2.ts';
import type { Audience } from './audience.ts';
import { Owing } from './owing.ts';

function audience(members: number): { audience: Audience; taken: Buffer[][] } {
  const taken: Buffer[][] = Array.from({ length: members }, () => []);
  const reach = { franchiseIds: new Set<string>(), franchiseeIds: new Set<string>(), locationIds: new Set<string>() };
  return {
    taken,
    audience: {
      topic: 'realtime:t',
      serializer: serializerV2,
      reach: { ...reach, userId: null },
      bindings: [],
      members: new Set(taken.map((pieces) => ({ push: (frame: Buffer) => pieces.push(frame) }))),
    },
  };
}

const size = fc.oneof(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 30_000, max: 200_000 }));
const letter = fc.constantFrom('x', 'é', '☕');
const owed = fc.array(fc.record({ to: fc.constantFrom(0, 1, 2), size, isFramed: fc.boolean(), letter }), {
  maxLength: 60,
});

test('every frame once and in order, in pieces of 64 KiB unless a frame alone is longer', () => {
  fc.assert(
    fc.property(owed, (frames) => {
      const owing = new Owing();
      const audiences = [audience(3), audience(1), audience(0)];
      const sent: Buffer[][] = [[], [], []];
      for (const [n, { to, size: units, isFramed, letter: unit }] of frames.entries()) {
        const text = `${n}${unit.repeat(units)}`;
        sent[to]?.push(frame(text));
        const target = audiences[to]?.audience;
        if (target) owing.owe(target, isFramed ? frame(text) : text);
      }
      owing.settle();
      for (const [to, { taken }] of audiences.entries()) {
        for (const pieces of taken) {
          expect(Buffer.concat(pieces).equals(Buffer.concat(sent[to] ?? []))).toBe(true);
          const longest = Math.max(65_536, ...(sent[to] ?? []).map(({ length }) => length));
          expect(pieces.every(({ length }) => length <= longest)).toBe(true);
        }
      }
    }),
  );
});

test('what was settled is not owed any more, and a frame by itself is not copied', () => {
  const owing = new Owing();
  const { audience: one, taken } = audience(2);
  const framed = frame('text');
  owing.owe(one, framed);
  owing.settle();
  owing.settle();
  expect(taken).toEqual([[framed], [framed]]);
  expect(taken[0]?.[0]).toBe(framed);
});
