import { expect, test } from 'vitest';
import { stressService } from '../../test/harness/stress-service.ts';
import { createLoop, type LoopOptions } from './loop.ts';

const never = 3_600_000;

/** A loop whose runs wait until the test lets them end. */
function setup(options: Partial<LoopOptions> = {}) {
  const runs: { end: () => void; fail: (error: Error) => void }[] = [];
  const waiting: (() => void)[] = [];
  const errors: unknown[] = [];
  let overlap = 0;
  let overlapMax = 0;
  const loop = createLoop({
    name: 'loop',
    intervalMs: never,
    onError: (error) => errors.push(error),
    work: async () => {
      overlap += 1;
      overlapMax = Math.max(overlapMax, overlap);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      runs.push({ end: resolve, fail: reject });
      for (const wake of waiting.splice(0)) wake();
      await promise.finally(() => {
        overlap -= 1;
      });
    },
    ...options,
  });
  async function reached(count: number): Promise<void> {
    while (runs.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  }
  return { loop, runs, errors, reached, overlapMax: () => overlapMax };
}

test('a loop keeps the contract of a service', async () => {
  let running = 0;
  const work = async () => {
    running += 1;
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  const onError = (error: unknown) => {
    throw error;
  };
  await stressService({
    create: () => createLoop({ name: 'loop', intervalMs: 0, work, onError }),
    isRunning: () => running > 0,
  });
});

test('it runs at the start, on the timer, and at once when woken', async () => {
  const { loop, runs, reached } = setup({ intervalMs: 5 });
  await loop.start();
  for (let count = 1; count <= 3; count++) {
    await reached(count);
    runs[count - 1]?.end();
  }
  await reached(4);
  runs[3]?.end();
  await loop.stop();

  const woken = setup();
  await woken.loop.start();
  await woken.reached(1);
  woken.runs[0]?.end();
  woken.loop.wake();
  await woken.reached(2);
  woken.runs[1]?.end();
  await woken.loop.stop();
});

test('waking during a run makes one more run after it, however often, and runs never overlap', async () => {
  const { loop, runs, reached, overlapMax } = setup();
  await loop.start();
  await reached(1);
  for (let count = 0; count < 100; count++) loop.wake();
  runs[0]?.end();
  await reached(2);
  runs[1]?.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(runs).toHaveLength(2);
  await loop.stop();
  expect(overlapMax()).toBe(1);
});

test('stop waits for the run in progress and starts none after it', async () => {
  const { loop, runs, reached } = setup();
  await loop.start();
  await reached(1);
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  loop.wake();
  await new Promise((resolve) => setImmediate(resolve));
  expect(stopped).toBe(false);
  runs[0]?.end();
  await stopping;
  loop.wake();
  await new Promise((resolve) => setImmediate(resolve));
  expect(runs).toHaveLength(1);
});

test('a run that fails is reported, and the loop goes on', async () => {
  const { loop, runs, errors, reached } = setup();
  await loop.start();
  await reached(1);
  runs[0]?.fail(new Error('no'));
  loop.wake();
  await reached(2);
  expect(errors).toEqual([new Error('no')]);
  runs[1]?.end();
  await loop.stop();
});

test('however often it is woken, runs take no more than their share of the time', async () => {
  const { loop, runs, reached } = setup({ shareMax: () => 0.5 });
  await loop.start();
  await reached(1);
  const startedAt = performance.now();
  loop.wake();
  while (performance.now() - startedAt < 50) await new Promise(setImmediate);
  runs[0]?.end();
  await reached(2);
  expect(performance.now() - startedAt).toBeGreaterThan(95);
  runs[1]?.end();
  await loop.stop();
});

test('however often it is woken, two starts are at least the spacing apart', async () => {
  const startsMs: number[] = [];
  const done = Promise.withResolvers<void>();
  const loop = createLoop({
    name: 'loop',
    intervalMs: never,
    spacingMs: 20,
    onError: done.reject,
    work: async () => {
      startsMs.push(performance.now());
      loop.wake();
      setImmediate(() => loop.wake());
      if (startsMs.length === 5) done.resolve();
    },
  });
  await loop.start();
  await done.promise;
  await loop.stop();
  const gaps = startsMs.slice(1).map((startMs, index) => startMs - (startsMs[index] ?? 0));
  // Node's timers may fire a fraction of a millisecond early; the loop waits again then.
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20);
});
