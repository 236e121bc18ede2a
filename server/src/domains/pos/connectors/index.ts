// The makes of till that are spoken. A new one is a folder beside these and a line here; what all of them must do is
// connector.ts, and a test of conformance runs against each one's simulated vendor.
import { cloverConnector } from './clover/index.ts';
import type { Connector, PosSystemType } from './connector.ts';
import { customConnector } from './custom/index.ts';
import { squareConnector } from './square/index.ts';
import { toastConnector } from './toast/index.ts';

export const connectors: Readonly<Record<PosSystemType, Connector>> = {
  square: squareConnector,
  clover: cloverConnector,
  toast: toastConnector,
  custom: customConnector,
};
