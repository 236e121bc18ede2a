// Who sends a request: every route under /v1 needs a credential unless it says `config: { public: true }`, so a forgotten
// check refuses instead of letting in. It is checked before the body is read: a stranger cannot make us read 4 MiB.
import type { FastifyRequest } from 'fastify';
import type { HttpApp } from '../platform/http.ts';
import type { Authenticator } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { missingCredentials } from './errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request. Throws on a route that needs no credential. */
    readonly caller: Caller;
  }
  interface FastifyContextConfig {
    /** The route answers without a credential, and must not ask for `request.caller`. */
    public?: boolean;
  }
}

const protectedPrefix = '/v1/';

/** Adds `request.caller` to the server's routes; refusals are the `identity.*` errors with status 401. */
export function authenticateRequests(app: HttpApp, authenticator: Authenticator): void {
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.decorateRequest('caller', {
    getter() {
      const caller = callers.get(this);
      if (!caller) throw new Error(`${this.routeOptions.url ?? this.url} asks for the caller of a public route`);
      return caller;
    },
  });
  app.addHook('onRequest', async (request) => {
    if (!needsCredential(request)) return;
    callers.set(request, await authenticator.authenticate(bearer(request.headers.authorization)));
  });
}

function needsCredential({ routeOptions: { url, config } }: FastifyRequest): boolean {
  return url?.startsWith(protectedPrefix) === true && config.public !== true;
}

/** Who sends the request; null on a route that needs no credential. */
export function callerOf(request: FastifyRequest): Caller | null {
  return needsCredential(request) ? request.caller : null;
}

/** The credential of an Authorization header. Throws `identity.missing_credentials`. */
export function bearer(header: string | undefined): string {
  if (header === undefined) throw missingCredentials('The request has no Authorization header.');
  const [, credential] = /^bearer +(\S+) *$/i.exec(header) ?? [];
  if (credential === undefined) {
    throw missingCredentials('The Authorization header is not of the form "Bearer <credential>".');
  }
  return credential;
}
