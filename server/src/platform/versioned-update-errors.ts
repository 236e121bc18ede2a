// What an edit can be refused for because of its version.
import { defineError } from './errors.ts';

export const versionRequired = defineError('version.required', {
  status: 428,
  title: 'The request does not say which version it edits',
  advice:
    'Send the ETag of the state that you have read as If-Match, e.g. If-Match: "3". `*` names no version and is not ' +
    'taken: it would overwrite edits that you have not seen.',
});

export const versionMalformed = defineError('version.malformed', {
  status: 422,
  title: 'If-Match is not one version',
  advice: 'Send exactly one ETag as it was given, a number in quotes such as "3"; lists are not taken.',
});

export const versionConflict = defineError('version.conflict', {
  status: 409,
  title: 'Somebody else has edited this in the meantime',
  advice:
    'Nothing was changed. `theirs` is the state now (its version is the ETag), `mine` what you sent; send the edit again ' +
    'on top of `theirs`, or settle the conflict `conflictId` with POST /v1/sync-conflicts/{id}/resolve.',
});

/** What every edit can be refused with, for its entry in openapi.json. */
export const editErrors = [versionRequired, versionMalformed, versionConflict] as const;
