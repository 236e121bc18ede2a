import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectionTransitions } from './connection-state.ts';
import {
  type FeedEvent,
  type FeedState,
  feedEvents,
  feedStates,
  feedTransitions,
  nextFeedState,
} from './feed-state.ts';

const spec = readFileSync(new URL('../../SPEC.md', import.meta.url), 'utf8');

/** The table of a heading as SPEC.md has it, with the dots resolved. */
function tableUnder(heading: string): Record<string, Record<string, string>> {
  const [, section = ''] = spec.split(`## ${heading}`);
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll(/[`*]/g, '')),
    );
  const [[, ...events] = [], , ...lines] = rows;
  const states = lines.slice(0, lines.findIndex(([first]) => first === 'event') >>> 0);
  return Object.fromEntries(
    states.map(([state = '', ...next]) => [
      state,
      Object.fromEntries(events.map((event, index) => [event, next[index] === '·' ? state : (next[index] ?? '')])),
    ]),
  );
}

test('SPEC.md says what the code does, for every state and event', () => {
  expect(tableUnder('A feed')).toEqual(feedTransitions);
  expect(tableUnder('The connection')).toEqual(connectionTransitions);
});

const state = fc.constantFrom<FeedState>(...feedStates);
const event = fc.constantFrom<FeedEvent>(...feedEvents);
const walk = (events: readonly FeedEvent[], from: FeedState = 'idle') => events.reduce<FeedState>(nextFeedState, from);

describe('however a feed is led', () => {
  test('live comes of filled alone', () => {
    fc.assert(
      fc.property(fc.array(event), event, (before, last) => {
        const previous = walk(before);
        if (nextFeedState(previous, last) !== 'live' || previous === 'live') return;
        expect([previous, last]).toEqual(['filling', 'filled']);
      }),
    );
  });

  test('what breaks is not live before it was joined, told where it is and filled', () => {
    fc.assert(
      fc.property(state, fc.constantFrom<FeedEvent>('lost', 'gap', 'cut'), fc.array(event), (from, fault, later) => {
        const broken = nextFeedState(from, fault);
        if (broken === 'live' || broken === from) return;
        if (walk(later, broken) === 'live') expect(later).toContain('filled');
      }),
    );
  });

  test('stop ends in idle, and only start leads out of it', () => {
    fc.assert(
      fc.property(fc.array(event), fc.array(event.filter((each) => each !== 'start')), (before, after) => {
        expect(walk([...before, 'stop', ...after])).toBe('idle');
      }),
    );
  });

  test('it can become live again from wherever it is', () => {
    const way: FeedEvent[] = ['start', 'joined', 'told', 'filled'];
    fc.assert(
      fc.property(fc.array(event), (before) => {
        const there = walk(before);
        if (there === 'live') return;
        expect(walk([...(there === 'picturing' ? (['pictured', 'filled'] as const) : way)], there)).toBe('live');
      }),
    );
  });
});
