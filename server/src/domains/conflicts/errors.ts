// What the slice refuses.
import { defineError } from '../../platform/errors.ts';

export const conflictNotFound = defineError('conflicts.not_found', {
  status: 404,
  title: 'There is no such conflict',
  advice:
    'Take the id from GET /v1/sync-conflicts; conflicts about what you may not edit are answered like unknown ones.',
});

export const entityNotFound = defineError('conflicts.entity_not_found', {
  status: 404,
  title: 'There is nothing with this id that could be edited',
  advice: 'Give as entityId the id of a location, product, stock item or POS system that the credential sees.',
});

export const alreadyResolved = defineError('conflicts.already_resolved', {
  status: 409,
  title: 'The conflict has been settled',
  advice:
    'Nothing needs to be done: GET /v1/sync-conflicts/{id} says by whom and how. Edit the thing itself to change it.',
});

export const fieldWithheld = defineError('conflicts.field_withheld', {
  status: 422,
  title: 'The refused edit held a secret, which was not kept',
  advice:
    'Resolve as `merged` and give the fields listed in `withheld` again, or leave them out to keep them as they are.',
});
