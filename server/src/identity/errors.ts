// Every refusal of this slice. Those with status 401 say which credential is wrong and why, never whose it is.
import { defineError, type ErrorFactory } from '../platform/errors.ts';

const unauthenticated = (code: string, title: string, advice: string): ErrorFactory => {
  const factory = defineError(code, { status: 401, title, advice });
  // RFC 9110 asks for the challenge on each 401.
  const challenged = (detail: string) => factory(detail, { headers: { 'www-authenticate': 'Bearer' } });
  return Object.assign(challenged, { definition: factory.definition, is: factory.is });
};

export const missingCredentials = unauthenticated(
  'identity.missing_credentials',
  'The request carries no credential',
  'Send an API key or a token as "Authorization: Bearer <credential>".',
);

export const invalidKey = unauthenticated(
  'identity.invalid_key',
  'The API key is not valid',
  'Check that the whole key was copied (tsk_, 8 characters, _, 43 characters); a lost key is replaced by a new one.',
);

export const keyRevoked = unauthenticated(
  'identity.key_revoked',
  'The API key was revoked',
  'Make a new key with POST /v1/api-keys and use it instead; a revoked key never works again.',
);

export const keyExpired = unauthenticated(
  'identity.key_expired',
  'The API key has expired',
  'Make a new key with a later expiresAt and use it instead.',
);

export const invalidToken = unauthenticated(
  'identity.invalid_token',
  'The token is not valid',
  'Sign in again and send the token unchanged; tokens of another server or environment are refused.',
);

export const tokenExpired = unauthenticated(
  'identity.token_expired',
  'The token has expired',
  'Sign in again for a new token.',
);

export const keysUnavailable = defineError('identity.keys_unavailable', {
  status: 503,
  title: "The token issuer's keys cannot be reached",
  advice: 'Try again shortly; if it lasts, the operator checks TILLSTREAM_JWKS_URL and the way to it.',
});

export const unknownUser = unauthenticated(
  'identity.unknown_user',
  "The token's user does not exist",
  'Sign in again as a user of this server.',
);

export const forbidden = defineError('identity.forbidden', {
  status: 403,
  title: 'The credential does not give this right here',
  advice: 'Use a credential whose role or scopes allow the action at this place; docs/permissions.md has the table.',
});

export const exceedsOwnRights = defineError('identity.exceeds_own_rights', {
  status: 403,
  title: 'A key cannot be given more than its maker has',
  advice: 'Ask for fewer scopes, for places of your own, and for an end no later than your own credential has.',
});

export const scopeNeedsFranchisee = defineError('identity.scope_needs_franchisee', {
  status: 422,
  title: 'Keys are managed for a franchisee or the brand, not for single shops',
  advice: 'Leave locationIds out, or the scope keys:manage.',
});

export const locationNotFound = defineError('identity.location_not_found', {
  status: 404,
  title: 'There is no such location',
  advice: 'Check the id; GET /v1/locations lists those that the credential sees.',
});

export const franchiseNotFound = defineError('identity.franchise_not_found', {
  status: 404,
  title: 'There is no such franchise',
  advice: 'Check the id; GET /v1/franchises lists those that the credential sees.',
});

export const franchiseeNotFound = defineError('identity.franchisee_not_found', {
  status: 404,
  title: 'There is no such franchisee',
  advice: 'Check the id; GET /v1/franchisees lists those that the credential sees.',
});

export const apiKeyNotFound = defineError('identity.api_key_not_found', {
  status: 404,
  title: 'There is no such API key',
  advice: 'Check the id; GET /v1/api-keys lists those that the credential sees.',
});

export const userNotFound = defineError('identity.user_not_found', {
  status: 404,
  title: 'There is no such user',
  advice: 'Check the id.',
});

export const emailTaken = defineError('identity.email_taken', {
  status: 409,
  title: 'The e-mail address belongs to another user',
  advice: 'Use another address, or add memberships to the user who has it.',
});

export const franchiseRequired = defineError('identity.franchise_required', {
  status: 422,
  title: 'It is not clear which franchise is meant',
  advice: 'The credential reaches several franchises: name one as franchiseId.',
});

export const unknownTimeZone = defineError('identity.unknown_time_zone', {
  status: 422,
  title: 'The time zone is not known',
  advice: 'Use an IANA name in its own spelling, such as America/New_York or Europe/Berlin.',
});

export const expiryInThePast = defineError('identity.expiry_in_the_past', {
  status: 422,
  title: 'The key would have expired already',
  advice: 'Give an expiresAt in the future, or leave it out.',
});
