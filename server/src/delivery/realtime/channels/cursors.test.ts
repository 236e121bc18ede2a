import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../test/harness/manual-clock.ts';
import { encodePosition, oldestPosition, type Position } from '../../../events/index.ts';
import { serializerFor } from '../protocol/serializer.ts';
import { storedEvent } from '../test/stored-event.ts';
import { Cursors } from './cursors.ts';

const shop = uuidv7();
const times = { cursorMinMs: 1_000, cursorMaxMs: 10_000 };
const serializer = serializerFor('2.0.0');

let clock: ManualClock;
let position: Position | null;
let isFresh: boolean;
let cursors: Cursors;

beforeEach(() => {
  clock = new ManualClock('2026-03-02T09:00:00Z');
  position = oldestPosition(1);
  isFresh = true;
  cursors = new Cursors({ position: () => position, isFresh: () => isFresh }, times);
});

function join(topic = `realtime:location:${shop}`) {
  const frames: string[] = [];
  const sink = { push: (frame: Buffer) => void frames.push(frame.toString()) };
  cursors.join(sink, { topic, serializer });
  return { frames, sink };
}

/** Half-second sweeps, as the gateway makes them. */
function pass(ms: number, eachSweep: () => void = () => undefined): void {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    eachSweep();
    cursors.sweep(clock.monotonicMs());
  }
}

const sale = (locationId: string) => storedEvent({ location_id: locationId, scope_id: locationId });

describe('a channel is told the cursor', () => {
  test('of its join at once, in a message that other clients pass over', () => {
    const { frames } = join();
    expect(frames).toHaveLength(1);
    expect(frames[0]).toContain('"system"');
    expect(frames[0]).toContain(encodePosition(oldestPosition(1)));
  });

  test('at most once a second, however much happens there', () => {
    const { frames } = join();
    pass(60_000, () => {
      for (let n = 0; n < 20; n++) cursors.note(sale(shop));
    });
    expect(frames.length).toBeGreaterThan(50);
    expect(frames.length).toBeLessThanOrEqual(62);
  });

  test('every ten seconds where nothing happens, or only elsewhere', () => {
    const { frames } = join();
    pass(60_000, () => cursors.note(sale(uuidv7())));
    expect(frames.length).toBeGreaterThanOrEqual(6);
    expect(frames.length).toBeLessThanOrEqual(9);
  });

  test('with whatever happens, where the topic is no place’s', () => {
    const { frames } = join('realtime:anything');
    pass(20_000, () => cursors.note(sale(uuidv7())));
    expect(frames.length).toBeGreaterThan(15);
  });

  test('soon after something was lost on the way to it', () => {
    const { frames, sink } = join();
    pass(12_000);
    const before = frames.length;
    cursors.owe(sink);
    pass(1_500);
    expect(frames.length).toBeGreaterThan(before);
  });
});

test('nothing is told that cannot be vouched for, and nothing to who has left', () => {
  const { frames, sink } = join();
  isFresh = false;
  pass(30_000, () => cursors.note(sale(shop)));
  expect(frames).toHaveLength(1);
  isFresh = true;
  cursors.note(sale(shop));
  pass(1_500);
  expect(frames).toHaveLength(2);
  cursors.leave(sink);
  pass(30_000, () => cursors.note(sale(shop)));
  expect(frames).toHaveLength(2);
});

test('who joins before the log is known is told as soon as it is', () => {
  position = null;
  const { frames } = join();
  expect(frames).toEqual([]);
  position = oldestPosition(1);
  pass(1_000);
  expect(frames).toHaveLength(1);
});
