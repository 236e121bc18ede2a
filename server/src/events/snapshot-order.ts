// Which of two snapshots shows more. All are taken on one primary, where what is visible only ever grows, so of any two
// one contains the other; readers that were fed in different ways find out by this whether something lies between them.
import type { Snapshot } from './snapshot.ts';

/** Whether what this transaction committed is visible in the snapshot. */
export function isVisible(xid: string, snapshot: Snapshot): boolean {
  return BigInt(xid) < snapshot.xmax && !snapshot.inProgress.includes(xid);
}

/**
 * Whether everything visible in `lesser` is visible in `greater`. What is still in progress in the greater one must not
 * have been visible before; transactions that ended in between only add to it.
 */
export function contains(greater: Snapshot, lesser: Snapshot): boolean {
  if (greater.xmax < lesser.xmax) return false;
  return greater.inProgress.every((xid) => !isVisible(xid, lesser));
}
