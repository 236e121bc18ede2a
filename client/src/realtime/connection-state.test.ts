import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ConnectionState, type Happening, nextConnectionState } from './connection-state.ts';

const happening = fc.constantFrom<Happening>(
  'wanted',
  'unwanted',
  'joined',
  'lost',
  'refused',
  'network-lost',
  'network-back',
);

function after(happenings: Happening[]): ConnectionState {
  return happenings.reduce<ConnectionState>(nextConnectionState, 'offline');
}

test('the life of a screen: connecting, live, broken, live again, left', () => {
  expect(after(['wanted'])).toBe('connecting');
  expect(after(['wanted', 'lost'])).toBe('connecting');
  expect(after(['wanted', 'joined'])).toBe('live');
  expect(after(['wanted', 'joined', 'lost'])).toBe('reconnecting');
  expect(after(['wanted', 'joined', 'lost', 'lost', 'joined'])).toBe('live');
  expect(after(['wanted', 'joined', 'unwanted'])).toBe('offline');
});

test('live is reached by joining alone, and by nothing else', () => {
  fc.assert(
    fc.property(fc.array(happening), happening, (before, last) => {
      const previous = after(before);
      const state = nextConnectionState(previous, last);
      if (last === 'joined') expect(state).toBe('live');
      else if (state === 'live') expect(previous).toBe('live');
    }),
  );
});

test('a break, a refusal and a lost network always end live', () => {
  fc.assert(
    fc.property(fc.array(happening), fc.constantFrom<Happening>('lost', 'refused', 'network-lost'), (before, last) => {
      expect(after([...before, last])).not.toBe('live');
    }),
  );
});
