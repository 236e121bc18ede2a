// openapi.json, made from the routes' own schemas, and the page that shows it. The page and its script are served from
// here: the documentation of a server in a locked room works in that room.
import { createHash } from 'node:crypto';
import swagger, { type SwaggerTransform, type SwaggerTransformObject } from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ErrorFactory } from './errors.ts';
import { contentSecurityPolicyWith } from './http-headers.ts';

const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What happened this time'),
    advice: z.string().describe('What to do about it'),
    code: z.string().describe('`slice.reason`; docs/errors.md lists all of them'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    requestId: z.string(),
  })
  .meta({ id: 'Problem', description: 'Every failed answer (RFC 9457)' });

const transformSchema = createJsonSchemaTransform({});

// Fastify keeps what validates a request in `schema`; what only documents it is in `config` and joins here.
const transform: SwaggerTransform = (route) => {
  const { rawBody, errors, idempotency } = route.route.config ?? {};
  if (route.schema?.hide === true) return transformSchema(route);
  const response = { ...(route.schema?.response as object | undefined), ...problemResponses(errors ?? []) };
  const body = rawBody ?? route.schema?.body;
  const takesKeys = idempotency !== 'natural' && [route.route.method].flat().some((method) => method !== 'GET');
  const headers = takesKeys ? withIdempotencyKey(route.schema?.headers) : route.schema?.headers;
  const documented = { ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) };
  return transformSchema({ ...route, schema: { ...route.schema, ...documented, response } });
};

const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .exactOptional()
  .describe(
    'The same key with the same request does it once: for 24 hours the first answer is given again, with ' +
      '`Idempotency-Replayed: true`. With another request 422, and 409 while the first is in flight.',
  );

function withIdempotencyKey(headers: unknown): z.ZodType {
  const others = headers instanceof z.ZodObject ? headers.shape : {};
  return z.looseObject({ 'idempotency-key': idempotencyKey, ...others });
}

// Each schema with an id (`.meta({ id })`) becomes a component twice, as it is sent and as it is answered; only those
// that some route refers to are kept.
const transformObject: SwaggerTransformObject = (input) => {
  const document = jsonSchemaTransformObject(input) as { components?: { schemas?: Record<string, unknown> } };
  const text = JSON.stringify(document);
  const schemas = Object.entries(document.components?.schemas ?? {}).filter(([name]) =>
    text.includes(`"#/components/schemas/${name}"`),
  );
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } } as ReturnType<
    typeof jsonSchemaTransformObject
  >;
};

function problemResponses(errors: readonly ErrorFactory[]): Record<string, unknown> {
  const content = { 'application/problem+json': { schema: problemSchema } };
  const byStatus = Map.groupBy(errors, ({ definition }) => String(definition.status));
  const responses = Object.fromEntries(
    [...byStatus].map(([status, factories]) => [
      status,
      {
        description: factories.map(({ definition }) => `\`${definition.code}\`: ${definition.title}`).join('; '),
        content,
      },
    ]),
  );
  return { ...responses, default: { description: 'Any other failure', content } };
}

/** Registered before the routes, which it collects as they are added; `app.swagger()` gives the document. */
export async function serveDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tillstream',
        version,
        description:
          'Sales, stock, alerts and events of a franchise. Failures are `application/problem+json` with a stable ' +
          '`code`; lists take `limit` and `after` and answer `{items, nextCursor}`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform,
    transformObject,
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  // Browsers ask for it beside every page that names no icon, and log its absence as an error.
  app.get('/favicon.ico', { schema: { hide: true } }, async (_request, reply) =>
    reply.code(204).header('cache-control', 'public, max-age=86400').send(),
  );
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply, payload) => {
      if (typeof payload !== 'string' || !String(reply.getHeader('content-type')).startsWith('text/html')) return;
      reply.header('content-security-policy', contentSecurityPolicyWith(inlineScriptHashes(payload)));
    });
    await scope.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        pageTitle: 'Tillstream API',
        // Everything that would call a server of Scalar's, or load a font from elsewhere.
        telemetry: false,
        withDefaultFonts: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        agent: { disabled: true },
        mcp: { disabled: true },
      },
    });
  });
}

function inlineScriptHashes(html: string): string[] {
  return [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
}
