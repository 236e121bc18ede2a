// A vendor's delivery: is it genuine, keep it, leave its hints at the tills that it means, answer. All that is slow is
// done later by the tills' own runs: a vendor waits two seconds at most, and gives up after three attempts.
import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { backgroundActor } from '../../../platform/actor.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { CounterMetric, Metrics } from '../../../platform/metrics.ts';
import type { Secrets } from '../../../platform/secrets.ts';
import { type PosSystemType, posSystemTypes, type WebhookHint } from '../connectors/connector.ts';
import type { ConnectorTable } from '../credentials/connect.ts';
import { noSuchWebhook, webhookRefused } from '../errors.ts';
import { type EndpointKey, openKeys, validKeys } from './endpoint-secrets.ts';
import {
  type EndpointRow,
  findEndpoint,
  type HintAt,
  keepMessage,
  keepVerificationCode,
  leaveHints,
  noteEndpoint,
  noteGenuine,
} from './queries.ts';

export const webhookOutcomes = [
  'accepted',
  'repeated',
  'unreadable',
  'verification',
  'unsigned',
  'wrong_signature',
  'stale',
  'unknown_address',
] as const;

export interface WebhookParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly connectors: ConnectorTable;
  readonly counted: CounterMetric<{ make: typeof posSystemTypes; outcome: typeof webhookOutcomes }>;
  readonly endpoints: EndpointMemory;
  readonly wakePoller: (inMs: number) => void;
}

export interface Delivered {
  readonly make: PosSystemType;
  readonly endpointId: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const actor = backgroundActor('pos webhooks');
/** One payment is several events within a second: they are one look. */
const gatherMs = 500;
const hintsMax = 2_000;
const textCharactersMax = 200;

export function createWebhookCounter(metrics: Metrics): WebhookParts['counted'] {
  return metrics.counter({
    name: 'tillstream_pos_webhooks_total',
    help: 'Deliveries of POS makes, by what came of them.',
    labels: { make: posSystemTypes, outcome: webhookOutcomes },
  });
}

/** Resolves when it is durable. Throws `pos.webhook_not_found` and `pos.webhook_refused`, which change nothing. */
export async function receiveWebhook(parts: WebhookParts, delivered: Delivered): Promise<void> {
  const { db, clock, connectors, counted } = parts;
  const { make, body, headers } = delivered;
  const count = (outcome: (typeof webhookOutcomes)[number]) => counted.add({ make, outcome });
  const endpoint = await parts.endpoints.find(delivered.endpointId);
  if (endpoint === null || endpoint.systemType !== make) {
    count('unknown_address');
    throw noSuchWebhook('Nothing is expected at this address.');
  }
  const now = clock.now();
  const connector = connectors[make];
  const verified = connector.verifyWebhook({ body, headers, url: endpoint.url, now }, validKeys(endpoint.keys, now));
  if (verified.outcome === 'verification') {
    const kept = await db.transaction(actor, (tx) =>
      keepVerificationCode(tx, { id: endpoint.id, code: verified.code.slice(0, 200), at: now }),
    );
    count(kept ? 'verification' : 'unsigned');
    if (!kept) throw webhookRefused('No set-up is open for this address.');
    return;
  }
  if (verified.outcome === 'refused' && verified.reason !== 'malformed') {
    count(verified.reason);
    throw webhookRefused('The signature is missing or wrong.');
  }
  const isReadable = verified.outcome === 'genuine';
  const message = {
    ...{
      endpointId: endpoint.id,
      id: uuidv7(),
      franchiseId: endpoint.franchiseId,
      franchiseeId: endpoint.franchiseeId,
    },
    ...{ body, at: now },
    dedupeKey: isReadable ? storableKey(verified.dedupeKey) : `unreadable:${uuidv7()}`,
    hints: isReadable ? storable(verified.hints) : null,
  };
  const isNew = await keep(parts, endpoint, message);
  count(isNew ? (isReadable ? 'accepted' : 'unreadable') : 'repeated');
}

/** One transaction: the delivery and what it leaves at the tills. A repetition leaves nothing anew. */
async function keep(
  { db, wakePoller }: WebhookParts,
  endpoint: EndpointRow,
  message: Parameters<typeof keepMessage>[1],
): Promise<boolean> {
  const { isNew, tills } = await db.transaction(actor, async (tx) => {
    const isNew = await keepMessage(tx, message);
    await noteEndpoint(tx, endpoint.id, message.at);
    if (!isNew || message.hints === null || message.hints.length === 0) return { isNew, tills: 0 };
    const tills = await leaveHints(tx, { ...endpoint, hints: message.hints, toldAt: message.at, gatherMs });
    await noteGenuine(tx, { endpointId: endpoint.id, id: message.id, tills });
    return { isNew, tills };
  });
  if (tills > 0) wakePoller(gatherMs);
  return isNew;
}

function storable(hints: readonly WebhookHint[]): HintAt[] {
  return hints
    .map(({ place, reference }) => ({ place, kind: reference.kind, id: reference.id }))
    .filter(({ place, id }) => isStorable(place) && isStorable(id))
    .slice(0, hintsMax);
}

/** A vendor's own id of an event, which may be anything: one that cannot be kept as it is stands for itself as a digest. */
function storableKey(key: string): string {
  const isPlain = key.length <= 300 && !key.includes('\0') && key.isWellFormed();
  return isPlain ? key : `digest:${createHash('sha256').update(JSON.stringify(key)).digest('hex')}`;
}

function isStorable(text: string): boolean {
  return text.length <= textCharactersMax && !text.includes('\0') && text.isWellFormed();
}

// ---- The addresses, remembered for a few seconds: a vendor sends many deliveries to one.

export interface KnownEndpoint extends EndpointRow {
  readonly keys: readonly EndpointKey[];
}

export interface EndpointMemory {
  find(id: string): Promise<KnownEndpoint | null>;
  /** After its keys were replaced here. */
  forget(id: string): void;
}

const believedMs = 5_000;
const rememberedMax = 1_000;

export function createEndpointMemory({
  db,
  clock,
  secrets,
}: Pick<WebhookParts, 'db' | 'clock' | 'secrets'>): EndpointMemory {
  const remembered = new Map<string, { readonly endpoint: KnownEndpoint; readonly atMs: number }>();
  return {
    async find(id) {
      const known = remembered.get(id);
      if (known !== undefined && clock.monotonicMs() - known.atMs < believedMs) return known.endpoint;
      const row = await db.transaction(actor, (tx) => findEndpoint(tx, id));
      remembered.delete(id);
      if (row === null) return null;
      const endpoint = { ...row, keys: openKeys(secrets, row, row.secrets) };
      if (remembered.size >= rememberedMax) remembered.delete(remembered.keys().next().value ?? '');
      remembered.set(id, { endpoint, atMs: clock.monotonicMs() });
      return endpoint;
    },
    forget: (id) => void remembered.delete(id),
  };
}
