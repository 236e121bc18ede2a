// The gateway as a part of the process: its life, and what a bad event does to it.
import { createServer, type Server } from 'node:http';
import { expect, test } from 'vitest';
import { stressService } from '../../../test/harness/stress-service.ts';
import { createInProcessBus, oldestPosition } from '../../events/index.ts';
import { createMetrics } from '../../platform/metrics.ts';
import type { Service } from '../../platform/service.ts';
import type { SubscriberSource } from './channels/subscriber.ts';
import { createRealtimeGateway } from './index.ts';
import { storedEvent } from './test/stored-event.ts';

const nobody: SubscriberSource = {
  authenticate: () => Promise.reject(new Error('nobody joins here')),
  changedBy: () => null,
  readBroadcasts: async () => [],
};

test('it keeps the contract of a service', async () => {
  const servers = new Map<Service, Server>();
  const create = () => {
    const server = createServer();
    const options = { server, bus: createInProcessBus(), subscribers: nobody, metrics: createMetrics() };
    const gateway = createRealtimeGateway({ ...options, onError: () => undefined });
    servers.set(gateway, server);
    return gateway;
  };
  await stressService({ create, isRunning: (service) => servers.get(service)?.listenerCount('upgrade') !== 0 });
});

test('an event that cannot be handled is reported, and the others of its batch are handled', async () => {
  const bus = createInProcessBus();
  const failures: unknown[] = [];
  const handled: string[] = [];
  const gateway = createRealtimeGateway({
    server: createServer(),
    bus,
    metrics: createMetrics(),
    onError: (error) => void failures.push(error),
    subscribers: {
      ...nobody,
      changedBy({ id }) {
        if (id === 'spoiled') throw new Error('spoiled');
        handled.push(id);
        return null;
      },
    },
  });
  await gateway.start();
  const position = oldestPosition(1);
  const events = ['first', 'spoiled', 'last'].map((id) => storedEvent({ id }));
  bus.publish({ from: position, to: position, events });
  await gateway.stop();
  expect(handled).toEqual(['first', 'last']);
  expect(failures).toEqual([new Error('spoiled')]);
});
