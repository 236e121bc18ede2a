// What is not known for certain about Toast, as switches: a connector has to work with every position.

export interface ToastSwitches {
  /** Before every path; the host is given in private, and nobody knows what stands behind it. */
  readonly basePath: '' | `/${string}`;
  /** Which timestamp a message is signed with: the one in its body, or one of its own header Toast-Timestamp. */
  readonly signedTimestamp: 'in-body' | 'in-header';
  /** The order of ordersBulk. */
  readonly ordersSort: 'modified-ascending' | 'modified-descending' | 'by-guid';
  /** What a page beyond the last one is. */
  readonly pageBeyondEnd: 'empty' | 'refused';
  readonly defaultPageSize: number;
  /** Whether a selection's prices have its modifiers' in them, or those stand beside. */
  readonly modifierPrices: 'in-selection' | 'beside-selection';
  /** Sums are made of floating point numbers: 0.1 + 0.2 is 0.30000000000000004. */
  readonly floatSums: boolean;
  /** Stop calling a receiver that fails too often, until `restartWebhooks`, as Toast does; off, it calls for ever. */
  readonly stopsDeliveries: boolean;
  /** Logins an hour. */
  readonly loginsPerHour: number;
  /** What a token is said to last, and does. */
  readonly tokenSeconds: number;
  readonly requestsPerSecond: number;
  readonly bulkPerSecond: number;
}

export const toastSwitches: ToastSwitches = {
  basePath: '',
  signedTimestamp: 'in-body',
  ordersSort: 'modified-ascending',
  pageBeyondEnd: 'empty',
  defaultPageSize: 100,
  modifierPrices: 'in-selection',
  floatSums: false,
  stopsDeliveries: false,
  loginsPerHour: 2,
  tokenSeconds: 86_400,
  requestsPerSecond: 20,
  bulkPerSecond: 5,
};
