import { expect, test } from 'vitest';
import { Connection } from './connection.ts';

function setup() {
  const clock = { now: 1_000_000 };
  const connection = new Connection(() => clock.now);
  const states: string[] = [];
  const stop = connection.subscribe(() => states.push(connection.status.state));
  return { clock, connection, states, stop };
}

test('the age counts from the last sign of life, and never backwards', () => {
  const { clock, connection } = setup();
  expect(connection.ageMs()).toBeUndefined();
  connection.signOfLife();
  clock.now += 41_000;
  expect(connection.ageMs()).toBe(41_000);
  clock.now -= 100_000;
  expect(connection.ageMs()).toBe(0);
});

test('a listener hears changes until it stops, and the status is the same object in between', () => {
  const { connection, states, stop } = setup();
  connection.happened('wanted');
  const before = connection.status;
  connection.happened('wanted');
  expect(connection.status).toBe(before);
  connection.happened('joined');
  stop();
  connection.happened('lost');
  expect(states).toEqual(['connecting', 'live']);
});

test('the reason of a break is kept while it lasts', () => {
  const { connection } = setup();
  connection.happened('wanted');
  connection.happened('lost', 'Unauthorized: no right to this place');
  connection.happened('lost');
  expect(connection.status.reason).toBe('Unauthorized: no right to this place');
  connection.happened('joined');
  expect(connection.status.reason).toBeUndefined();
});
