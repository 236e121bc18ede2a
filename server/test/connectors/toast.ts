/** Toast against the simulated Toast. */
import { startToast, type ToastSwitches, type ToastTills } from '@tillstream/simulators/vendors';
import { toastConnector } from '../../src/domains/pos/connectors/toast/index.ts';
import type { Make } from './vendor-ground.ts';

export const toast: Make<ToastTills, ToastSwitches> = {
  connector: toastConnector,
  start: startToast,
  positions: [
    { basePath: '/somewhere' },
    { ordersSort: 'modified-descending' },
    { ordersSort: 'by-guid', pageBeyondEnd: 'refused' },
    { modifierPrices: 'beside-selection' },
    { floatSums: true },
  ],
  connect: (tills, shopId) => ({
    credentials: { apiKey: tills.client.clientId, secretKey: tills.client.clientSecret },
    settings: { restaurantGuid: tills.externalIdOf(shopId) },
  }),
};
