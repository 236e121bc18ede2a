import { expect, test } from 'vitest';
import { durableSettings, undurable } from './cluster.ts';

const durable = durableSettings.map((name) => ({ name, setting: 'on' }));

test('a durable server is measured', () => {
  expect(undurable(durable)).toBeNull();
});

test.for(durableSettings)('a server with %s off is not', (name) => {
  const settings = durable.map((each) => (each.name === name ? { name, setting: 'off' } : each));
  expect(undurable(settings)).toContain(name);
  expect(undurable(durable.filter((each) => each.name !== name))).toContain(name);
});

test('a commit that waits for less than the local disk is not durable', () => {
  expect(undurable([...durable.slice(0, 1), { name: 'synchronous_commit', setting: 'local' }])).toContain(
    'synchronous_commit',
  );
});
