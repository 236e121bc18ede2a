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
  /** The member that would narrow the stream and is no text, for the same: without it the stream would be another. */
  readonly unread: string | null;
}

export interface BroadcastConfig {
  /** The client wants each broadcast of its own answered. */
  readonly ack: boolean;
  /** The client wants to hear its own broadcasts. */
  readonly self: boolean;
  /** What it asks for of before the join, whatever it is; null for nothing. */
  readonly replay: unknown;
  /** It waits for a notice that broadcasts come through. */
  readonly replicationReady: boolean;
}

export interface JoinConfig {
  readonly bindings: readonly Binding[];
  readonly isPrivate: boolean;
  readonly broadcast: BroadcastConfig;
  readonly presence: { readonly key: string; readonly enabled: boolean };
  /** The client wants the join itself to fail if a binding cannot be served. */
  readonly wait: boolean;
  readonly accessToken: string | null;
}

const flag = z
  .union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'insensitive' })])
  .catch(false);
const config = z.object({
  private: flag,
  postgres_changes: z.array(z.unknown()).catch([]),
  postgres_changes_options: z.object({ wait: flag }).catch({ wait: false }),
  broadcast: z
    .object({ ack: flag, self: flag, replay: z.unknown().optional(), replication_ready: flag })
    .catch({ ack: false, self: false, replay: null, replication_ready: false }),
  presence: z.object({ key: z.string().catch(''), enabled: flag }).catch({ key: '', enabled: false }),
});

const joinPayload = z.object({
  config: config.catch(() => config.parse({})),
  access_token: z.string().nullable().catch(null),
  user_token: z.string().nullable().catch(null),
});

/** Never fails: a payload that is no object is a join without any wish. */
export function parseJoinConfig(payload: unknown): JoinConfig {
  const { config: asked, access_token, user_token } = joinPayload.parse(isJsonObject(payload) ? payload : {});
  const { ack, self, replay, replication_ready: replicationReady } = asked.broadcast;
  return {
    bindings: asked.postgres_changes.filter(isJsonObject).map(toBinding),
    isPrivate: asked.private,
    broadcast: { ack, self, replay: replay ?? null, replicationReady },
    presence: asked.presence,
    wait: asked.postgres_changes_options.wait,
    accessToken: cleanToken(access_token ?? user_token),
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
    unread: ['schema', 'table', 'filter'].find((name) => typeof (asked[name] ?? '') !== 'string') ?? null,
  };
}

function textOr(value: unknown, otherwise: string | null): string | null {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
