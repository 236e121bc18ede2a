import { expect, test } from 'vitest';
import { stressService } from '../../test/harness/stress-service.ts';
import { createService, type Service, startAll, stopAll } from './service.ts';

function recorded(name: string, log: string[], failing: { start?: boolean; stop?: boolean } = {}): Service {
  return createService({
    name,
    start: async () => {
      log.push(`start ${name}`);
      if (failing.start) throw new Error(`${name} cannot start`);
    },
    stop: async () => {
      log.push(`stop ${name}`);
      if (failing.stop) throw new Error(`${name} cannot stop`);
    },
  });
}

test('a service keeps the contract', async () => {
  const running = new Set<Service>();
  const create = () => {
    const service: Service = createService({
      name: 'part',
      start: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        running.add(service);
      },
      stop: async () => {
        running.delete(service);
      },
    });
    return service;
  };
  await stressService({ create, isRunning: (service) => running.has(service) });
});

test.each<[string, (service: Service) => Service]>([
  ['forgets that it was started', (service) => ({ ...service, start: async () => undefined })],
  ['stops before it has started', (service) => ({ ...service, stop: async () => undefined })],
])('the stress test is red on a service that %s', async (_what, spoil) => {
  let running = 0;
  const create = () =>
    spoil(createService({ name: 'part', start: async () => void running++, stop: async () => void running-- }));
  await expect(stressService({ create, isRunning: () => running !== 0, rounds: 1 })).rejects.toThrow();
});

test('services start in order and stop in reverse', async () => {
  const log: string[] = [];
  const services = ['a', 'b', 'c'].map((name) => recorded(name, log));
  await startAll(services);
  await stopAll(services);
  expect(log).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
});

test('when one does not start, it and those before it are stopped, and its error is thrown', async () => {
  const log: string[] = [];
  const services = [recorded('a', log), recorded('b', log, { start: true }), recorded('c', log)];
  await expect(startAll(services)).rejects.toThrow('b cannot start');
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

test('one that does not stop keeps no other from stopping, and is told at the end', async () => {
  const log: string[] = [];
  const services = [recorded('a', log), recorded('b', log, { stop: true }), recorded('c', log)];
  await startAll(services);
  await expect(stopAll(services)).rejects.toThrow(AggregateError);
  expect(log.slice(3)).toEqual(['stop c', 'stop b', 'stop a']);
});
