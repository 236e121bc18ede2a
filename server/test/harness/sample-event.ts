// The smallest event there is, for tests of the log itself.
import type { AnyNewEvent, EventOwner } from '../../src/events/index.ts';

/** An event about `entityId` that carries `n` in its metadata. */
export function sampleEvent(owner: EventOwner, entityId: string, n: number): AnyNewEvent {
  return {
    type: 'access.changed',
    owner,
    entityId,
    operation: 'UPDATE',
    record: null,
    changeData: { subjectKind: 'user', subjectId: entityId, change: 'granted' },
    sourceSystem: 'system',
    metadata: { n },
    timestamp: new Date(0),
  };
}
