// What a reader of the log can be told.
import { defineError } from '../platform/errors.ts';

export const resyncError = defineError('events.resync', {
  status: 410,
  title: 'The position is no longer valid',
  advice: 'Take a new snapshot of what you show, then continue from the cursor that comes with it.',
});

export const invalidCursorError = defineError('events.invalid_cursor', {
  status: 422,
  title: 'The cursor is not one of ours',
  advice: 'Send a cursor exactly as an earlier answer gave it, or leave it out to begin with the oldest event kept.',
});

export const epochPendingError = defineError('events.epoch_pending', {
  status: 503,
  title: 'The database was promoted or put back a moment ago',
  advice: 'Ask again after a few seconds; a cursor of before will then be answered `events.resync`.',
});
