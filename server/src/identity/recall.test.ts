import { expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { Recall } from './recall.ts';

interface Fact {
  readonly subject: string;
  readonly version: number;
}

function setup(entriesMax = 10) {
  const clock = new ManualClock('2026-03-02T09:00:00.000Z');
  const recall = new Recall<Fact>({ clock, lifetimeMs: 1000, entriesMax }, ({ subject }) => subject);
  let loads = 0;
  const load = (subject: string) => () => Promise.resolve({ subject, version: ++loads });
  const version = async (key: string): Promise<number> => (await recall.get(key, load(`subject of ${key}`))).version;
  return { clock, recall, version, loads: () => loads };
}

test('a look-up is made once in its lifetime, also by callers at the same time', async () => {
  const { clock, version } = setup();
  expect(await Promise.all([version('a'), version('a'), version('a')])).toEqual([1, 1, 1]);
  clock.advance(999);
  expect(await version('a')).toBe(1);
  clock.advance(1);
  expect(await version('a')).toBe(2);
});

test('a forgotten subject is looked up again, another is not', async () => {
  const { recall, version } = setup();
  expect([await version('a'), await version('b')]).toEqual([1, 2]);
  recall.forget('subject of a');
  expect([await version('a'), await version('b')]).toEqual([3, 2]);
});

test('a look-up under way while something changes is not remembered: it may have read the old state', async () => {
  const { recall, version } = setup();
  const { promise, resolve } = Promise.withResolvers<Fact>();
  const early = recall.get('a', () => promise);
  recall.forget('subject of a');
  resolve({ subject: 'subject of a', version: 0 });
  expect(await early).toMatchObject({ version: 0 });
  expect(await version('a')).toBe(1);
});

test('a failure is thrown to all who wait and not remembered', async () => {
  const { recall, version } = setup();
  const failing = () => Promise.reject(new Error('no connection'));
  const both = await Promise.allSettled([recall.get('a', failing), recall.get('a', failing)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await version('a')).toBe(1);
});

test('at its bound the oldest look-up is dropped', async () => {
  const { version, loads } = setup(2);
  for (const key of ['a', 'b', 'c', 'c', 'b']) await version(key);
  expect(loads()).toBe(3);
  expect(await version('a')).toBe(4);
});
