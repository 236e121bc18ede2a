/** Clover against the simulated Clover. */
import { type CloverSwitches, type CloverTills, startClover } from '@tillstream/simulators/vendors';
import { cloverConnector } from '../../src/domains/pos/connectors/clover/index.ts';
import type { Make } from './vendor-ground.ts';

export const clover: Make<CloverTills, CloverSwitches> = {
  connector: cloverConnector,
  start: startClover,
  positions: [
    { errorBody: 'message-and-type' },
    { errorBody: 'none', tooManyBody: 'none' },
    { orderTotals: 'as-opened' },
    { creditsPath: 'absent' },
  ],
  limits: [{ tooManyBody: 'message' }, { tooManyBody: 'none' }],
  // Where nothing lists them, nobody can read them.
  canReadCredits: ({ creditsPath }) => creditsPath !== 'absent',
  connect: (tills, shopId) => ({
    credentials: { apiKey: tills.apiTokenOf(shopId) },
    settings: { merchantId: tills.externalIdOf(shopId) },
  }),
};
