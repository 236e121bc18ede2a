import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeenIds } from './seen-ids.ts';

const smallIds = fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 200 });

test('an id is new exactly when it is not among the newest distinct ones', () => {
  fc.assert(
    fc.property(smallIds, fc.integer({ min: 1, max: 20 }), (ids, idsMax) => {
      const seen = new SeenIds(idsMax);
      let remembered: string[] = [];
      for (const id of ids) {
        const isNew = !remembered.includes(id);
        expect(seen.add(id)).toBe(isNew);
        if (isNew) remembered = [...remembered, id].slice(-idsMax);
        expect(seen.size).toBe(remembered.length);
      }
    }),
  );
});
