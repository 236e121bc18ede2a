// What a `phx_join` asks for, read as tolerantly as the protocol demands: every member may be missing, booleans may be
// words, and a member that makes no sense is taken as absent. Refusing such a join would lock out clients that the
// original server accepts.
import { z } from 'zod';
import { isJsonObject, type JsonObject } from './message.ts';

/** One asked-for stream of changes. `asked` is echoed in the reply untouched: the client compares and gives up on a difference. */
export interface Binding {
  readonly asked: JsonObject;
  readonly event: string;
  readonly schema: string | null;
  readonly table: string | null;
  readonly filter: string | null;
  /** Column names, or whatever else was sent in their place, for the compiler to complain about. */
  readonly select: unknown;
}

export interface JoinConfig {
  readonly bindings: readonly Binding[];
  /** The client wants the join itself to fail if a binding cannot be served. */
  readonly wait: boolean;
  readonly accessToken: string | null;
}

const flag = z
  .union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'insensitive' })])
  .catch(false);
const bindings = z.array(z.unknown()).catch([]);
const config = z
  .object({
    postgres_changes: bindings,
    postgres_changes_options: z.object({ wait: flag }).catch({ wait: false }),
  })
  .catch({ postgres_changes: [], postgres_changes_options: { wait: false } });

const joinPayload = z.object({
  config,
  access_token: z.string().nullable().catch(null),
  user_token: z.string().nullable().catch(null),
});

/** Never fails: a payload that is no object is a join without any wish. */
export function parseJoinConfig(payload: unknown): JoinConfig {
  const parsed = joinPayload.parse(isJsonObject(payload) ? payload : {});
  return {
    bindings: parsed.config.postgres_changes.filter(isJsonObject).map(toBinding),
    wait: parsed.config.postgres_changes_options.wait,
    accessToken: cleanToken(parsed.access_token ?? parsed.user_token),
  };
}

/** The token of an `access_token` push or a join, without the whitespace that copying brings; null where there is none. */
export function cleanToken(token: unknown): string | null {
  if (typeof token !== 'string') return null;
  const cleaned = token.replaceAll(/\s/g, '');
  return cleaned === '' ? null : cleaned;
}

function toBinding(asked: JsonObject): Binding {
  return {
    asked,
    event: textOr(asked['event'], '*') ?? '*',
    schema: textOr(asked['schema'], null),
    table: textOr(asked['table'], null),
    filter: textOr(asked['filter'], null),
    select: asked['select'] ?? null,
  };
}

function textOr(value: unknown, otherwise: string | null): string | null {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
