// What a sale is once it has been read: checked, in exact figures, free of anything that must not be stored. Every way
// in (the push route today, vendors' webhooks and importers later) ends in this shape.
import type { JsonObject, JsonValue } from '../../platform/parse-json-exact.ts';

export const saleStatuses = ['completed', 'refunded', 'voided'] as const;

export type SaleStatus = (typeof saleStatuses)[number];

/** Figures are plain decimals as text, ready for a numeric column. At least one of sku and externalProductId is set. */
export interface SaleLine {
  readonly sku: string | null;
  readonly externalProductId: string | null;
  readonly name: string | null;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly totalPrice: string;
  readonly modifiers: readonly JsonValue[];
}

/** The whole state of a sale at one version, not a change to it. */
export interface Sale {
  readonly externalId: string;
  readonly version: number;
  readonly status: SaleStatus;
  readonly occurredAt: Date;
  readonly currency: string;
  readonly total: string;
  /** total − Σ lines: what the till said stays, and the difference is shown. */
  readonly discrepancy: string;
  readonly paymentMethod: string | null;
  readonly metadata: JsonObject;
  readonly lines: readonly SaleLine[];
  /** SHA-256 of everything above but identity and version: tells a repetition from a changed sale. */
  readonly contentHash: Buffer;
}

/** Why a sale was refused; `code` is one of errors.ts. Identity as far as it could be read. */
export interface Refusal {
  readonly externalId: string | null;
  readonly version: number | null;
  readonly code: string;
  readonly detail: string;
}

/** The answer for one sale, in the order of the request. */
export interface SaleResult {
  readonly externalId: string | null;
  readonly version: number | null;
  readonly status: 'created' | 'updated' | 'duplicate' | 'rejected';
  readonly transactionId?: string;
  readonly code?: string;
  readonly detail?: string;
}
