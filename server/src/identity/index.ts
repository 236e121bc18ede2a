// Identity: who is asking, and what they may do where. Brands (franchises), their franchisees and shops form one tree;
// people stand in it by memberships, programs by API keys, and both become a Caller, which carries the permission grants
// and the settings of PostgreSQL's row policies.
// Tables owned: franchises, franchisees, locations, users, memberships, api_keys. Events appended: access.changed.
export { addMembership, type NewMembership } from './add-membership.ts';
export { type Authenticator, createAuthenticator, loadUserCaller, type Subject } from './authenticate.ts';
export {
  type Caller,
  type Grant,
  type IngestBatch,
  ingestActor,
  type Membership,
  type Place,
  type Reach,
} from './caller.ts';
export { type CreatedApiKey, createApiKey, type NewApiKey } from './create-api-key.ts';
export { createFranchise, type NewFranchise } from './create-franchise.ts';
export { createFranchisee, type NewFranchisee } from './create-franchisee.ts';
export { createLocation, type NewLocation } from './create-location.ts';
export { createUser, type NewUser } from './create-user.ts';
export { forbidden, franchiseNotFound, franchiseRequired, locationNotFound } from './errors.ts';
export { createPlaces, type Places } from './find-place.ts';
export { authenticateRequests, callerOf } from './http.ts';
export { renderPermissionTable } from './permission-table.ts';
export { type Action, actions, may, narrowTo, requirePermission, type Target } from './permissions.ts';
export { type FranchiseeRow, findFranchisee, findLocation, type LocationRow } from './queries.ts';
export { removeMembership } from './remove-membership.ts';
export { resolveFranchise } from './resolve-franchise.ts';
export { revokeApiKey } from './revoke-api-key.ts';
export { type KeyScope, keyScopes, type Role, roles } from './roles.ts';
export { addIdentityRoutes, type IdentityParts } from './routes.ts';
export { locationEdit } from './update-location.ts';
