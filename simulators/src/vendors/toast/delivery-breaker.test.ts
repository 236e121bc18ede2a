import { expect, test } from 'vitest';
import { deliveryBreaker } from './delivery-breaker.ts';

const minuteMs = 60_000;

test('fifty errors within five minutes pause for a minute, nine pauses within ten stop for good', () => {
  let now = 0;
  const breaker = deliveryBreaker(() => now);
  const fail = (times: number) => {
    for (let n = 0; n < times; n++) breaker.failed();
  };
  fail(49);
  expect(breaker.holdMs()).toBe(0);
  now += 5 * minuteMs;
  fail(49);
  expect(breaker.holdMs()).toBe(0);
  fail(1);
  expect(breaker.holdMs()).toBe(minuteMs);
  for (let pause = 2; pause <= 9; pause++) {
    now += minuteMs;
    expect(breaker.holdMs()).toBe(0);
    fail(50);
  }
  expect(breaker.holdMs()).toBe(Number.POSITIVE_INFINITY);
  now += 1000 * minuteMs;
  expect(breaker.holdMs()).toBe(Number.POSITIVE_INFINITY);
  breaker.restart();
  expect(breaker.holdMs()).toBe(0);
});

test('pauses that lie far apart never stop it', () => {
  let now = 0;
  const breaker = deliveryBreaker(() => now);
  for (let pause = 0; pause < 30; pause++) {
    for (let n = 0; n < 50; n++) breaker.failed();
    expect(breaker.holdMs()).toBe(minuteMs);
    now += 3 * minuteMs;
  }
});
