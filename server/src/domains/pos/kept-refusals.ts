// The refused elements of one commit, as rows of sync_errors: one a distinct (system, bytes), counted, with the reason
// for which it was refused last. A replay comes from such a row, which its own operation brings up to date.
import { hash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { maskCardNumbersInBytes } from './card-number.ts';
import type { Shop, SyncErrorRow } from './queries.ts';
import type { Refusal, SaleResult } from './sale.ts';
import type { WaitingSale } from './waiting-sale.ts';

export interface RefusedSale {
  readonly waiting: WaitingSale;
  readonly refusal: Refusal;
}

/** The rows to keep. Bytes are exact, except that digits of card numbers are overwritten (card-number.ts). */
export function keptRefusals(
  refused: readonly RefusedSale[],
  shops: ReadonlyMap<string, Shop>,
  now: Date,
): SyncErrorRow[] {
  const rows = new Map<string, SyncErrorRow>();
  for (const { waiting, refusal } of refused) {
    const { system } = waiting;
    if (waiting.isReplay === true) continue;
    const rawBody = maskCardNumbersInBytes(waiting.raw);
    const rawDigest = hash('sha256', rawBody, 'buffer');
    const key = `${system.id} ${rawDigest.toString('hex')}`;
    const known = rows.get(key);
    rows.set(key, {
      locationId: system.locationId,
      id: known?.id ?? uuidv7(),
      franchiseId: system.franchiseId,
      franchiseeId: shops.get(system.locationId)?.franchiseeId ?? null,
      posSystemId: system.id,
      externalId: refusal.externalId === null ? null : storable(refusal.externalId),
      kind: refusal.kind ?? null,
      version: Number.isSafeInteger(refusal.version) ? refusal.version : null,
      code: refusal.code,
      detail: storable(refusal.detail),
      rawBody,
      rawDigest,
      occurrences: (known?.occurrences ?? 0) + 1,
      seenAt: now,
    });
  }
  return [...rows.values()];
}

// What is refused for what cannot be stored may be quoted in its reason, or be its id: one such must not make the error
// itself impossible to keep, and with it everything of the same request.
const storable = (text: string): string => text.replaceAll('\u0000', '\ufffd').toWellFormed();

export function rejected({ externalId, version, code, detail }: Refusal): SaleResult {
  return { externalId, version, status: 'rejected', code, detail };
}
