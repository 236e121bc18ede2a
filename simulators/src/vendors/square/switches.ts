// What is not known for certain about Square, as switches: a connector has to work with every position.

export interface SquareSwitches {
  /** Orders of the Point of Sale app bear no version and cause no order.* events; those made by the API do both. */
  readonly ordersMadeBy: 'point-of-sale' | 'api';
  /** Whether a 429 bears Retry-After. */
  readonly retryAfter: boolean;
  /** Requests a token may make in a second before it is limited. Unpublished; six are told of. */
  readonly requestsPerSecond: number;
  /** What a payments list without a location covers. */
  readonly paymentsOf: 'main-location' | 'all-locations';
  /** Whether an orders search must name locations. */
  readonly searchNeedsLocations: boolean;
  /** Whether payment events name their order. */
  readonly paymentOrderId: 'present' | 'missing';
  /** How long the Events API remembers. */
  readonly eventsKeptDays: number;
  /** The code of a stale order version. */
  readonly versionConflictCode: 'CONFLICT' | 'VERSION_MISMATCH';
  /** How long an unused refresh token of a public client (PKCE) lives. */
  readonly pkceRefreshDays: number;
  /** What the merchant answers on the consent page. */
  readonly consent: 'given' | 'denied';
  /** Webhooks are repeated for a day, or for three, as older pages say. */
  readonly webhookRetryHours: 24 | 72;
}

export const squareSwitches: SquareSwitches = {
  ordersMadeBy: 'point-of-sale',
  retryAfter: false,
  requestsPerSecond: 1000,
  paymentsOf: 'main-location',
  searchNeedsLocations: true,
  paymentOrderId: 'present',
  eventsKeptDays: 28,
  versionConflictCode: 'CONFLICT',
  pkceRefreshDays: 90,
  consent: 'given',
  webhookRetryHours: 24,
};
