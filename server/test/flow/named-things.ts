// Where a request can name somebody else's thing, read off openapi.json, so that a route that is added tomorrow is asked
// about without anybody thinking of it: every id in its path, its query and its body, and a request around it that is
// otherwise in order.
import { readFileSync } from 'node:fs';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** One id that a request can carry. */
export interface Place {
  readonly method: string;
  /** As openapi.json has it, with its parameters in braces. */
  readonly path: string;
  readonly in: 'path' | 'query' | 'body';
  readonly name: string;
  /** Whose ids belong here: the tables' names. */
  readonly tables: readonly string[];
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asked by vendors and not by callers: they are known by their signature, and there is nobody to whom an id is foreign. */
const withoutCaller = ['/v1/webhooks/{make}/{endpointId}'];

const document = JSON.parse(readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

// The names that say what an id is; a path's own `{id}` is of what stands before it.
const tablesByName: Readonly<Record<string, readonly string[]>> = {
  franchiseId: ['franchises'],
  franchiseeId: ['franchisees'],
  locationId: ['locations'],
  locationIds: ['locations'],
  productId: ['products'],
  posSystemId: ['pos_systems'],
  syncId: ['pos_syncs'],
  messageId: ['pos_webhook_messages'],
  scope: ['franchises', 'franchisees', 'locations'],
  entityId: ['locations', 'products', 'inventory_items', 'pos_systems'],
};
const tablesBySegment: Readonly<Record<string, string>> = {
  transactions: 'pos_transactions',
  'pos-webhooks': 'pos_webhook_endpoints',
};

/** Every id that any route takes. Throws for one of which it is not known what it names: say so above. */
export function everyPlace(): Place[] {
  const paths = Object.entries(document.paths).filter(([path]) => !withoutCaller.includes(path));
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const named = (where: Place['in'], name: string): Place => {
        return { method: method.toUpperCase(), path, in: where, name, tables: tablesOf(path, name) };
      };
      return [
        ...(operation.parameters ?? []).flatMap((each) =>
          each.in !== 'header' && isId(each.schema) ? [named(each.in, each.name)] : [],
        ),
        ...Object.entries(bodyOf(operation)?.properties ?? {}).flatMap(([name, schema]) =>
          isId(schema) ? [named('body', name)] : [],
        ),
      ];
    }),
  );
}

function tablesOf(path: string, name: string): readonly string[] {
  if (name !== 'id') {
    const tables = tablesByName[name];
    if (tables === undefined) throw new Error(`Say in named-things.ts what ${name} of ${path} names`);
    return tables;
  }
  const segment = path.split('/').at(path.split('/').indexOf('{id}') - 1) ?? '';
  return [tablesBySegment[segment] ?? segment.replaceAll('-', '_')];
}

function bodyOf({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content['application/json']?.schema;
}

function isId({ format, anyOf, items }: Schema): boolean {
  return format === 'uuid' || (anyOf?.some(isId) ?? false) || (items !== undefined && isId(items));
}

/** A request with `id` at the place, ids by `idOf` wherever else it needs one, and all else that it requires. */
export function ask(place: Place, id: string, idOf: (tables: readonly string[]) => string): Asked {
  const { method, path } = place;
  const operation = document.paths[path]?.[method.toLowerCase()] ?? {};
  const fill = (where: Place['in'], name: string) =>
    where === place.in && name === place.name ? id : idOf(tablesOf(path, name));
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const { schema } = operation.parameters?.find((each) => each.in === 'path' && each.name === name) ?? {};
    return schema !== undefined && isId(schema) ? fill('path', name) : 'x';
  });
  const query = place.in === 'query' ? `?${new URLSearchParams({ [place.name]: id })}` : '';
  const body = bodyOf(operation);
  return {
    method,
    path: `${address}${query}`,
    headers: { 'content-type': 'application/json', 'if-match': '"1"' },
    ...(body !== undefined && { body: JSON.stringify(sampleBody(body, place, fill)) }),
  };
}

function sampleBody(schema: Schema, place: Place, fill: (where: Place['in'], name: string) => string) {
  const { properties = {}, required = [] } = schema;
  const names = new Set([...required, ...(place.in === 'body' ? [place.name] : [])]);
  // An edit of nothing is refused before it is looked whose it is.
  if (names.size === 0) for (const name of Object.keys(properties).slice(0, 1)) names.add(name);
  return Object.fromEntries(
    [...names].map((name) => {
      const of = properties[name] ?? {};
      if (!isId(of)) return [name, sample(of, name)];
      const isList = of.items !== undefined || of.anyOf?.some(({ items }) => items !== undefined) === true;
      return [name, isList ? [fill('body', name)] : fill('body', name)];
    }),
  );
}

const samples: Readonly<Record<string, unknown>> = {
  timeZone: 'UTC',
  currency: 'USD',
  systemType: 'custom',
  resolution: 'theirs',
};

/** Something that the schema takes. */
function sample(schema: Schema, name: string): unknown {
  const { type, enum: values, anyOf, items, format, properties = {}, required = [], minimum } = schema;
  if (name in samples) return samples[name];
  if (values !== undefined) return values[0];
  if (anyOf?.[0] !== undefined) return sample(anyOf[0], name);
  if (format === 'uri') return 'https://example.com/';
  const [first] = [type].flat();
  if (format === 'date-time') return '2026-06-01T12:00:00Z';
  if (format === 'date') return '2026-06-01';
  if (first === 'array') return [sample(items ?? {}, name)];
  if (first === 'object') return Object.fromEntries(required.map((key) => [key, sample(properties[key] ?? {}, key)]));
  if (first === 'integer' || first === 'number') return Math.max(1, minimum ?? 1);
  return first === 'boolean' ? true : 'x';
}
