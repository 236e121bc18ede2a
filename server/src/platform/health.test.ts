import { expect, test } from 'vitest';
import { createHealth } from './health.ts';

test('a node is ready while every part says so, and not from the moment it drains', async () => {
  const health = createHealth(() => undefined);
  expect(await health.readiness()).toEqual({ ready: true, checks: {} });
  let partitions = 4;
  health.addCheck('database', async () => ({ ok: true }));
  health.addCheck('partitions', async () => ({ ok: partitions > 0, detail: `${partitions} weeks ahead` }));
  expect(await health.readiness()).toMatchObject({ ready: true, checks: { partitions: { detail: '4 weeks ahead' } } });
  partitions = 0;
  expect(await health.readiness()).toMatchObject({
    ready: false,
    checks: { database: { ok: true }, partitions: { ok: false } },
  });
  partitions = 4;
  health.startDraining();
  expect(await health.readiness()).toMatchObject({ ready: false, checks: { draining: { ok: false } } });
});

test('a check that throws has failed, its error goes to the log and not into the answer', async () => {
  const errors: [string, unknown][] = [];
  const health = createHealth((name, error) => errors.push([name, error]));
  const error = new Error('password authentication failed for "root"');
  health.addCheck('database', async () => {
    throw error;
  });
  const readiness = await health.readiness();
  expect(readiness.ready).toBe(false);
  expect(JSON.stringify(readiness)).not.toContain('password');
  expect(errors).toEqual([['database', error]]);
});

test('a check that hangs does not hang the answer', async () => {
  const health = createHealth(() => undefined);
  health.addCheck('stuck', () => new Promise(() => undefined));
  expect(await health.readiness()).toMatchObject({
    ready: false,
    checks: { stuck: { ok: false, detail: expect.stringContaining('2000 ms') } },
  });
});

test('two checks of one name are a mistake', () => {
  const health = createHealth(() => undefined);
  health.addCheck('database', async () => ({ ok: true }));
  expect(() => health.addCheck('database', async () => ({ ok: true }))).toThrow('already');
});
