// The addresses that vendors send to, as people set them up: made, given the vendor's key, given the next one while the
// former is still valid, and, where a vendor wants it, its code shown for a person to copy.
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type Caller, narrowTo, requirePermission, resolveFranchise } from '../../../identity/index.ts';
import { backgroundActor } from '../../../platform/actor.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import type { PosSystemType } from '../connectors/connector.ts';
import { noSuchMessage, noSuchWebhook } from '../errors.ts';
import { openKeys, sealKeys, withNewKey } from './endpoint-secrets.ts';
import {
  type EndpointRow,
  findEndpoint,
  findMessage,
  insertEndpoint,
  leaveHints,
  listEndpoints as listEndpointRows,
  listMessages as listMessageRows,
  lockEndpoint,
  type MessageRow,
  noteReplay,
  updateEndpoint,
} from './queries.ts';
import type { WebhookParts } from './receive-webhook.ts';

export interface NewEndpoint {
  readonly franchiseId?: string;
  readonly systemType: PosSystemType;
  /** Null: made from `origin` and the new id. */
  readonly url: string | null;
  readonly origin: string;
  readonly secret: string | null;
}

const setupMs = 24 * 3_600_000;
const formerHoursDefault = 24;

const placeOf = ({ franchiseId, franchiseeId }: Pick<EndpointRow, 'franchiseId' | 'franchiseeId'>) => ({
  franchiseId,
  franchiseeId,
  locationId: null,
});

/** Its set-up is open for a day. Throws `identity.franchise_required`, `identity.forbidden`. */
export async function createEndpoint(
  { db, clock, secrets }: WebhookParts,
  caller: Caller,
  wanted: NewEndpoint,
): Promise<EndpointRow> {
  const franchiseId = resolveFranchise(caller, 'pos.manage', wanted.franchiseId);
  const owner = { franchiseId, franchiseeId: null };
  requirePermission(caller, 'pos.manage', placeOf(owner));
  const id = uuidv7();
  const now = clock.now();
  const { systemType, secret } = wanted;
  const row = {
    ...owner,
    id,
    systemType,
    url: wanted.url ?? `${wanted.origin}/v1/webhooks/${systemType}/${id}`,
    secrets: secret === null ? null : sealKeys(secrets, { id, franchiseId }, [{ key: secret, until: null }]),
    setupUntil: new Date(now.getTime() + setupMs),
    verificationCode: null,
    createdAt: now,
  };
  return db.transaction(caller, (tx) => insertEndpoint(tx, row));
}

export interface EndpointChanges {
  readonly url?: string;
  /** The vendor's new key; the one before stays valid for `keepFormerHours`. */
  readonly secret?: string;
  readonly keepFormerHours?: number;
  /** Opens or ends the set-up; a key that is given ends it. */
  readonly setup?: 'open' | 'closed';
}

/** Throws `pos.webhook_not_found` and `identity.forbidden`. */
export async function configureEndpoint(
  { db, clock, secrets, endpoints }: WebhookParts,
  caller: Caller,
  { id, changes }: { readonly id: string; readonly changes: EndpointChanges },
): Promise<EndpointRow> {
  const changed = await db.transaction(caller, async (tx) => {
    const row = allowed(caller, await lockEndpoint(tx, id), id);
    const now = clock.now();
    const formerMs = (changes.keepFormerHours ?? formerHoursDefault) * 3_600_000;
    const keys = openKeys(secrets, row, row.secrets);
    const sealed =
      changes.secret === undefined
        ? row.secrets
        : sealKeys(secrets, row, withNewKey(keys, changes.secret, new Date(now.getTime() + formerMs)));
    const setup = changes.setup ?? (changes.secret === undefined ? null : 'closed');
    const setupUntil = setup === null ? row.setupUntil : setup === 'open' ? new Date(now.getTime() + setupMs) : null;
    return updateEndpoint(tx, { id, url: changes.url ?? row.url, secrets: sealed, setupUntil, at: now });
  });
  endpoints.forget(id);
  return changed;
}

function allowed(caller: Caller, row: EndpointRow | null, id: string): EndpointRow {
  if (row === null) throw noSuchWebhook(`There is no webhook address ${id}.`);
  requirePermission(caller, 'pos.manage', placeOf(row));
  return row;
}

export function readEndpoint({ db }: WebhookParts, caller: Caller, id: string): Promise<EndpointRow> {
  return db.transaction(caller, async (tx) => allowed(caller, await findEndpoint(tx, id), id));
}

const lists = { endpoints: 'pos-webhooks', messages: 'pos-webhook-messages' };

export async function listEndpoints(
  { db }: WebhookParts,
  caller: Caller,
  { limit, after }: ListQuery,
): Promise<Page<EndpointRow>> {
  const key = decodeCursor(lists.endpoints, after, z.tuple([z.uuid()]));
  const page = { limit: limit + 1, after: key?.[0] ?? null };
  const rows = await db.transaction(narrowTo(caller, 'pos.manage'), (tx) => listEndpointRows(tx, page));
  return makePage(rows, limit, { list: lists.endpoints, keyOf: ({ id }) => [id] });
}

/** Newest first. */
export async function listMessages(
  { db }: WebhookParts,
  caller: Caller,
  { endpointId, limit, after }: ListQuery & { readonly endpointId: string },
): Promise<Page<MessageRow>> {
  const key = decodeCursor(lists.messages, after, z.tuple([z.uuid()]));
  const rows = await db.transaction(caller, async (tx) => {
    allowed(caller, await findEndpoint(tx, endpointId), endpointId);
    return listMessageRows(tx, { endpointId, limit: limit + 1, after: key?.[0] ?? null });
  });
  return makePage(rows, limit, { list: lists.messages, keyOf: ({ id }) => [id] });
}

/** Leaves the hints of a kept delivery at its tills once more. Throws as above and `pos.webhook_message_not_found`. */
export async function replayMessage(
  { db, clock, wakePoller }: WebhookParts,
  caller: Caller,
  { endpointId, id }: { readonly endpointId: string; readonly id: string },
): Promise<MessageRow> {
  const { endpoint, message } = await db.transaction(caller, async (tx) => {
    const endpoint = allowed(caller, await findEndpoint(tx, endpointId), endpointId);
    const message = await findMessage(tx, { endpointId, id });
    if (message === null) throw noSuchMessage(`The address has no delivery ${id}.`);
    return { endpoint, message };
  });
  const hints = message.hints ?? [];
  const replayed = await db.transaction(backgroundActor('pos webhooks'), async (tx) => {
    const tills =
      hints.length === 0 ? 0 : await leaveHints(tx, { ...endpoint, hints, toldAt: message.receivedAt, gatherMs: 0 });
    return noteReplay(tx, { endpointId, id, tills, at: clock.now() });
  });
  wakePoller(0);
  return replayed;
}
