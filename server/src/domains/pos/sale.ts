// What a sale is once it has been read: checked, in exact figures, free of anything that must not be stored. Every way
// in (the push route today, vendors' webhooks and importers later) ends in this shape.
import type { JsonObject, JsonValue } from '../../platform/parse-json-exact.ts';

export const saleStatuses = ['completed', 'refunded', 'voided'] as const;

export type SaleStatus = (typeof saleStatuses)[number];

/** A refund is a document of its own, with every figure negative; its lines are goods that were taken back. */
export const saleKinds = ['sale', 'refund'] as const;

export type SaleKind = (typeof saleKinds)[number];

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
  readonly kind: SaleKind;
  readonly externalId: string;
  readonly version: number;
  readonly status: SaleStatus;
  /** Of a refund: the till's id of its sale, which may come later; null where there is none. */
  readonly refundOf: string | null;
  readonly occurredAt: Date;
  /** The day that the till counts it for, YYYY-MM-DD; null where ours is computed. */
  readonly businessDate: string | null;
  readonly currency: string;
  readonly total: string;
  /** total − Σ lines − what the breakdown adds: what the till said stays, and the difference is shown. */
  readonly discrepancy: string;
  readonly paymentMethod: string | null;
  readonly metadata: JsonObject;
  /** How it was paid, and what its total holds besides its lines (parse-breakdown.ts); null where nothing is said. */
  readonly breakdown: JsonObject | null;
  readonly lines: readonly SaleLine[];
  /** SHA-256 of everything above but identity and version: tells a repetition from a changed sale. */
  readonly contentHash: Buffer;
}

/** Why a sale was refused; `code` is one of errors.ts. Identity as far as it could be read. */
export interface Refusal {
  readonly externalId: string | null;
  /** Left out where it could not be read. */
  readonly kind?: SaleKind;
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
