// Waiting for a condition with the patience of a loaded machine: it ends as soon as the condition holds.
import { vi } from 'vitest';

/** Calls `check` again and again until it does not throw; rejects with its last error after the deadline. */
export function eventually<T>(check: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  return vi.waitFor(check, { timeout: withinMs, interval: 20 });
}
