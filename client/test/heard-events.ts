// What a subscriber heard, in order, and a way to wait for what it is about to hear.
import type { SyncEvent } from '../src/index.ts';

export class HeardEvents {
  readonly all: SyncEvent[] = [];
  readonly #waiting = new Set<() => void>();

  /** The callback to subscribe with. */
  readonly hear = (event: SyncEvent): void => {
    this.all.push(event);
    for (const look of [...this.#waiting]) look();
  };

  /** Resolves with the event of the given entity, heard already or to come; the test's own time limit ends the wait. */
  of(entityId: string): Promise<SyncEvent> {
    return new Promise((resolve) => {
      const look = () => {
        const event = this.all.find((each) => each.entityId === entityId);
        if (event === undefined) return;
        this.#waiting.delete(look);
        resolve(event);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** How often the entity was heard of. */
  timesOf(entityId: string): number {
    return this.all.filter((event) => event.entityId === entityId).length;
  }
}
