/** Square through the official client, against the simulated Square. */
import { type SquareSwitches, type SquareTills, startSquare } from '@tillstream/simulators/vendors';
import { squareConnector } from '../../src/domains/pos/connectors/square/index.ts';
import type { Make } from './vendor-ground.ts';

export const square: Make<SquareTills, SquareSwitches> = {
  connector: squareConnector,
  start: startSquare,
  positions: [
    { ordersMadeBy: 'api' },
    { requestsPerSecond: 3 },
    { paymentsOf: 'all-locations' },
    { searchNeedsLocations: false },
    { paymentOrderId: 'missing' },
    { versionConflictCode: 'VERSION_MISMATCH' },
  ],
  limits: [{ retryAfter: false }, { retryAfter: true }],
  connect: (tills, shopId) => ({
    credentials: { apiKey: tills.accessToken },
    settings: { locationIds: tills.externalIdOf(shopId), merchantId: tills.merchantId },
  }),
};
