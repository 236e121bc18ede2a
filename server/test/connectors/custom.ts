/** A till of nobody's make, by the pull contract, against the simulated one. */
import { type CustomSwitches, type CustomTills, startCustomTill } from '@tillstream/simulators/vendors';
import { customConnector } from '../../src/domains/pos/connectors/custom/index.ts';
import type { Make } from './vendor-ground.ts';

export const custom: Make<CustomTills, CustomSwitches> = {
  connector: customConnector,
  start: startCustomTill,
  positions: [
    { amounts: 'texts' },
    { pageSizeMax: 7 },
    { changedSince: 'known' },
    { changedSince: 'known', pageSizeMax: 7 },
  ],
  endpoint: (tills, shopId) => tills.baseUrlOf(shopId),
  connect: (tills, shopId) => ({ credentials: { apiKey: tills.apiKey }, settings: { storeId: shopId } }),
};
