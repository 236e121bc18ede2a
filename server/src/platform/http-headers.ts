// What every answer says to browsers, and who may read it from another site.
import type { FastifyInstance } from 'fastify';

// Scripts come from here alone and never from within a page, so that a text that slipped into one cannot run. Mantine
// sets styles on elements, which needs 'unsafe-inline' for styles.
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The policy with more sources of scripts, for a page whose inline scripts are known by their hash. */
export function contentSecurityPolicyWith(scriptSources: readonly string[]): string {
  return contentSecurityPolicy.replace("script-src 'self'", ["script-src 'self'", ...scriptSources].join(' '));
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Pages of other sites cannot read the answer: for what is given without a token, by where the caller is. */
    sameOriginOnly?: boolean;
  }
}

const exposed = 'ETag, Location, Retry-After, X-Request-Id, Idempotency-Replayed, Allow';
const corsMaxAgeSeconds = '7200';

export function setHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
    });
    if (request.routeOptions.config?.sameOriginOnly === true) return;
    // Any other site may call: rights come with the bearer token that it must hold, never with a cookie, and `*` makes
    // browsers leave cookies at home.
    reply.headers({ 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return;
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-match, apikey, x-request-id',
        'access-control-max-age': corsMaxAgeSeconds,
      })
      .send();
  });
  app.addHook('onSend', async (_request, reply) => {
    // Answers hold a tenant's figures; what may be kept (files of the dashboard) says so itself.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}
