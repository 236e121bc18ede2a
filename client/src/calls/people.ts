// Who am I, the keys that I give to programs, my messages, and the demo's way in.
import { type Http, settle, unwrap } from '../http.ts';
import type { NewApiKey } from '../openapi.ts';

export function peopleCalls(http: Http) {
  return {
    /** The actor behind the credential, and its memberships. Throws `identity.*` with status 401 for a bad credential. */
    me: () => unwrap(http.GET('/v1/me')),

    /** Makes an API key, with rights that the caller has itself. The secret is in this answer alone. */
    createApiKey: (key: NewApiKey) => unwrap(http.POST('/v1/api-keys', { body: key })),

    /** The keys of the caller's places, the newest first, without their secrets. */
    listApiKeys: (query: { limit?: number; after?: string } = {}) =>
      unwrap(http.GET('/v1/api-keys', { params: { query } })),

    /** Ends a key at once and for good. */
    revokeApiKey: (id: string) => settle(http.DELETE('/v1/api-keys/{id}', { params: { path: { id } } })),

    /** The demo's address, ids, keys and tokens. 404 unless the demo is on and both peer and Host are loopback. */
    demo: () => unwrap(http.GET('/v1/demo')),

    /** The caller's notifications, newest first. */
    listNotifications: (query: { limit?: number; after?: string } = {}) =>
      unwrap(http.GET('/v1/notifications', { params: { query } })),
  };
}
