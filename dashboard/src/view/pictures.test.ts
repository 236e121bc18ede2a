import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pictures } from './pictures.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A page on which drawing takes `drawMs`, and a clock that stands still until time passes or something is drawn. */
function setup(drawMs: number) {
  let nowMs = 0;
  const pictures = new Pictures(() => nowMs);
  const drawnAtMs: number[] = [];
  const stop = pictures.subscribe(() => {
    drawnAtMs.push(nowMs);
    nowMs += drawMs;
  });
  /** Lets time pass; something changes in every millisecond of it. */
  const rush = (ms: number) => {
    for (let passed = 0; passed < ms; passed++) {
      pictures.due();
      nowMs += 1;
      vi.advanceTimersByTime(1);
    }
  };
  return { pictures, drawnAtMs, rush, stop };
}

test('a single change is drawn soon, and once', () => {
  const { pictures, drawnAtMs, rush } = setup(5);
  rush(1);
  vi.advanceTimersByTime(1_000);
  expect(drawnAtMs).toHaveLength(1);
  expect(pictures.revision).toBe(1);
});

test('a rush takes no more than about a quarter of the time for drawing', () => {
  const drawMs = 150;
  const { drawnAtMs, rush } = setup(drawMs);
  rush(10_000);
  const elapsedMs = 10_000 + drawnAtMs.length * drawMs;
  expect((drawnAtMs.length * drawMs) / elapsedMs).toBeLessThan(0.3);
  expect(drawnAtMs.length).toBeGreaterThan(10);
});

test('however slow drawing is, a change is on the screen within about a second', () => {
  const { drawnAtMs, rush } = setup(2_000);
  rush(10_000);
  expect(drawnAtMs.length).toBeGreaterThanOrEqual(9);
});

test('who has left is not told', () => {
  const { drawnAtMs, rush, stop } = setup(1);
  stop();
  rush(500);
  expect(drawnAtMs).toEqual([]);
});
