// The one test for every long-lived part: whatever the order and the overlap of start and stop, it starts at most once,
// stopping always ends, and what was stopped does nothing any more.
import { expect } from 'vitest';
import type { Service } from '../../src/platform/service.ts';

export interface StressOptions {
  /** A new, unstarted instance; several are made. */
  readonly create: () => Service | Promise<Service>;
  /** True while an instance has anything running (socket, timer, connection); asked after each stop. */
  readonly isRunning?: (service: Service) => boolean | Promise<boolean>;
  readonly rounds?: number;
}

type Life = (service: Service) => Promise<void>;

const lives: Readonly<Record<string, Life>> = {
  'stop without start': (service) => service.stop(),
  'start, stop': async (service) => {
    await service.start();
    await service.stop();
  },
  'stop twice': async (service) => {
    await service.start();
    await service.stop();
    await service.stop();
  },
  'stop while it starts': async (service) => {
    const starting = service.start();
    await service.stop();
    await starting;
  },
  'stop from three sides at once': async (service) => {
    await service.start();
    await Promise.all([service.stop(), service.stop(), service.stop()]);
  },
  'start twice': async (service) => {
    const [, second] = await Promise.allSettled([service.start(), service.start()]);
    expect(second?.status, 'a second start must be refused').toBe('rejected');
    await service.stop();
  },
  'start after stop': async (service) => {
    await service.stop();
    await expect(service.start(), 'a start after stop must be refused').rejects.toThrow();
  },
};

/** Leads instances through every life, several rounds; throws where one breaks the contract of platform/service. */
export async function stressService({ create, isRunning, rounds = 3 }: StressOptions): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [name, live] of Object.entries(lives)) {
      const service = await create();
      expect(service.name, 'a service has a name').not.toBe('');
      await live(service);
      expect(await isRunning?.(service), `${service.name} still runs after "${name}"`).not.toBe(true);
    }
  }
}
