// What the slice refuses.
import { defineError } from '../../platform/errors.ts';

export const scopeNotFound = defineError('feed.scope_not_found', {
  status: 404,
  title: 'There is no such place',
  advice: 'Give as scope the id of a location, franchisee or franchise that the credential sees, or leave it out.',
});
