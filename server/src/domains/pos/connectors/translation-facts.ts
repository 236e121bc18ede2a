// What translations look up of our own side, and who runs them must provide.

export interface ShopTerms {
  /** ISO 4217. */
  readonly currency: string;
  /** IANA. */
  readonly timeZone: string;
  /** Local hour, 0 to 23, at which a business day ends. */
  readonly closingHour: number;
}

/** An item of a vendor's catalogue that lines refer to; once deleted there, it stays here under its last name. */
export interface CatalogueItem {
  readonly externalProductId: string;
  readonly sku: string | null;
  readonly name: string | null;
  readonly isDeleted: boolean;
}

/** A refund that is booked; figures are plain decimals as text, negative as refunds are. */
export interface BookedRefund {
  readonly externalId: string;
  readonly version: number;
  readonly status: 'completed' | 'refunded' | 'voided';
  readonly total: string;
  /** The part of the total that is a tip given back. */
  readonly tip: string;
}
