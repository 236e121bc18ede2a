// What is not known for certain about Clover, as switches: a connector has to work with every position.

export interface CloverSwitches {
  /** Undocumented; only the status is to be trusted. */
  readonly errorBody: 'message' | 'message-and-type' | 'none';
  /** Manual refunds without a payment: listed where most believe, or nowhere. */
  readonly creditsPath: 'credits' | 'absent';
  /** The body of a 429. */
  readonly tooManyBody: 'message' | 'none';
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  /** An order's own total is its writer's and may be left behind by later changes. */
  readonly orderTotals: 'right' | 'as-opened';
  /** Repetitions of a webhook that was not taken; none are promised. */
  readonly webhookRetries: number;
  /** Requests a second, and at once, for a token and for the app over all its merchants. */
  readonly tokenPerSecond: number;
  readonly appPerSecond: number;
  readonly tokenAtOnce: number;
  readonly appAtOnce: number;
}

export const cloverSwitches: CloverSwitches = {
  errorBody: 'message',
  creditsPath: 'credits',
  tooManyBody: 'message',
  accessSeconds: 1800,
  refreshSeconds: 365 * 86_400,
  orderTotals: 'right',
  webhookRetries: 0,
  tokenPerSecond: 16,
  appPerSecond: 50,
  tokenAtOnce: 5,
  appAtOnce: 10,
};
