import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeByTime } from './merge-by-time.ts';

const anySources = fc.array(fc.array(fc.integer({ min: 0, max: 20 })).map((ats) => ats.toSorted((a, b) => a - b)));

test('merging ordered sources sorts them, and ties keep the order of the sources', () => {
  fc.assert(
    fc.property(anySources, (sources) => {
      const items = sources.map((ats, source) => ats.map((at) => ({ at, source })));
      const merged = [...mergeByTime(items.map((list) => list.values()))];
      expect(merged).toEqual(items.flat().toSorted((a, b) => a.at - b.at || a.source - b.source));
    }),
  );
});

test('sources without an end are pulled one ahead, no further', () => {
  let pulled = 0;
  function* endless() {
    for (let at = 0; ; at++) {
      pulled++;
      yield { at };
    }
  }
  const merged = mergeByTime([endless(), endless()]);
  merged.next();
  merged.next();
  expect(pulled).toBe(3);
});
