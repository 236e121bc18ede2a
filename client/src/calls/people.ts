// Who am I, which shops may I see, and the demo's way in.
import { type Http, unwrap } from '../http.ts';

export function peopleCalls(http: Http) {
  return {
    /** The actor behind the credential, and its memberships. Throws `identity.*` with status 401 for a bad credential. */
    me: () => unwrap(http.GET('/v1/me')),

    /** The locations that the credential may see, by name. */
    listLocations: (query: { limit?: number; after?: string } = {}) =>
      unwrap(http.GET('/v1/locations', { params: { query } })),

    /** The demo's address, ids, keys and tokens. 404 unless the demo is on and both peer and Host are loopback. */
    demo: () => unwrap(http.GET('/v1/demo')),

    /** The caller's notifications, newest first. */
    listNotifications: (query: { limit?: number; after?: string } = {}) =>
      unwrap(http.GET('/v1/notifications', { params: { query } })),
  };
}
