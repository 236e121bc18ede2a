// How those who deliver learn of news: the relay publishes what was committed, in batches chained by position. The bus
// may lose anything, since the log decides; a subscriber whose position is not a batch's `from` reads the log instead.
import type { Position } from './position.ts';
import type { StoredEvent } from './stored-event.ts';

export interface Batch {
  /** Where the batch before this one ended. Anything else is a gap: what lies between never comes, and is in the log. */
  readonly from: Position;
  readonly to: Position;
  readonly events: readonly StoredEvent[];
}

export interface Bus {
  publish(batch: Batch): void;
  /** Returns the function that ends the subscription. The listener must not throw, and must not keep the caller waiting. */
  subscribe(listener: (batch: Batch) => void): () => void;
  /** False while what is published is known to reach nobody: the log has to be read without waiting for a word. */
  isUp(): boolean;
}

/** The bus of a single node: the listeners are called in order, in the publisher's turn. */
export function createInProcessBus(): Bus {
  const listeners = new Set<(batch: Batch) => void>();
  return {
    publish(batch) {
      for (const listener of listeners) listener(batch);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isUp: () => true,
  };
}
