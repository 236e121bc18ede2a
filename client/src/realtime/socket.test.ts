import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reconnectDelayMs } from './socket.ts';

test('reconnecting waits longer from step to step, never under a quarter nor over eight seconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, random) => {
        const delay = reconnectDelayMs(attempt, () => random);
        expect(delay).toBeGreaterThanOrEqual(250);
        expect(delay).toBeLessThanOrEqual(8_000);
        expect(reconnectDelayMs(attempt + 1, () => random)).toBeGreaterThanOrEqual(delay);
      },
    ),
  );
});

test('a thousand screens do not come back in the same instant', () => {
  const delays = new Set(Array.from({ length: 1_000 }, () => reconnectDelayMs(1)));
  expect(delays.size).toBeGreaterThan(200);
});
