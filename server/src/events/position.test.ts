import fc from 'fast-check';
import { expect, test } from 'vitest';
import { invalidCursorError } from './errors.ts';
import { advance, decodePosition, encodePosition, oldestPosition, type Position, positionAt } from './position.ts';

const at = '2026-01-01T00:00:00.000001Z';

test('a cursor says the same as the position that it was made from', () => {
  const id = fc.bigInt({ min: 3n, max: 10n ** 18n - 1n });
  const xid = id.map(String);
  const snapshot = fc.uniqueArray(id, { minLength: 2, maxLength: 7 }).map((ids) => {
    const [xmin, ...others] = ids.sort((a, b) => (a < b ? -1 : 1));
    return `${xmin}:${others.at(-1)}:${others.slice(0, -1).join(',')}`;
  });
  const floor = fc.record({ at: fc.constant(at), seq: fc.nat() });
  const position: fc.Arbitrary<Position> = fc.record({
    epoch: fc.integer({ min: 1, max: 1_000 }),
    floor,
    pending: fc.record({ at: fc.constant(at), seq: fc.nat(), xmax: xid }),
    from: snapshot,
    to: fc.option(
      fc.oneof(
        fc.record({ snapshot, at: fc.constant(at) }),
        fc.record({ snapshot, at: fc.constant(at), seq: fc.nat() }),
        fc.record({ snapshot, at: fc.constant(at), seq: fc.nat(), next: xid }),
      ),
    ),
    afterSeq: fc.nat(),
  });
  fc.assert(
    fc.property(position, (value) => {
      expect(decodePosition(encodePosition(value))).toEqual(value);
    }),
  );
});

test('whatever is not a cursor is refused with its code', () => {
  const refused = (text: string) => {
    try {
      decodePosition(text);
    } catch (error) {
      return invalidCursorError.is(error);
    }
    return false;
  };
  fc.assert(fc.property(fc.string(), refused));
  const position = oldestPosition(1);
  const forgedSnapshots = [
    '1:1:); drop table feed; --',
    '5:3:',
    '0:0:',
    '1:9:3,2',
    '4:9:3',
    '1:9:9',
    `1:${2n ** 63n}:`,
  ];
  const forgedFloors = ['0001-01-01T00:00:00Z', '1969-12-31T23:59:59Z'].map((at) => ({ ...position.floor, at }));
  const forged: Position[] = [
    ...forgedSnapshots.map((from) => ({ ...position, from })),
    ...forgedSnapshots.map((snapshot) => ({ ...position, to: { snapshot, at } })),
    ...forgedFloors.map((floor) => ({ ...position, floor })),
    { ...position, pending: { ...position.pending, xmax: '99999999999999999999' } },
  ];
  for (const cursor of forged) expect(refused(encodePosition(cursor)), JSON.stringify(cursor)).toBe(true);
});

test('the floor rises only when everything that ran at the pending mark has ended', () => {
  // One that began beyond the snapshot's own end was running already when it was taken.
  const start = positionAt(1, { snapshot: '100:110:100,105', at, seq: 0, next: '112' });
  const stillRunning = advance(start, { snapshot: '100:120:100', at, next: '120' }, 7);
  expect(stillRunning.floor.seq).toBe(0);
  const beyond = advance(stillRunning, { snapshot: '111:130:111', at, next: '130' }, 8);
  expect(beyond.pending).toEqual(start.pending);
  const ended = advance(beyond, { snapshot: '112:130:', at, next: '131' }, 9);
  expect(ended.floor).toEqual({ at, seq: 0 });
  expect(ended.pending).toEqual({ at, seq: 9, xmax: '131' });
  expect(advance(ended, { snapshot: '131:131:', at, next: '131' }, 12).floor.seq).toBe(9);
});

test('where it is not known what had begun, nothing is noted, and what was noted stays true', () => {
  const start = positionAt(1, { snapshot: '100:110:100,105', at, seq: 5, next: '112' });
  const end = advance(start, { snapshot: '120:120:', at }, 9);
  expect(end.floor.seq).toBe(5);
  expect(end.pending).toEqual(start.pending);
});
