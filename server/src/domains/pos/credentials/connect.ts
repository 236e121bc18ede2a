// Opens a till at its vendor: which server, which fields, how fast. What comes out is all that a connector gets to see.
import type { Clock } from '../../../platform/clock.ts';
import type { OutboundAddresses } from '../../../platform/outbound-addresses.ts';
import type { Connection, ConnectionFields, Connector, PosSystemType } from '../connectors/connector.ts';
import type { VendorCalls } from '../vendor-calls/vendor-calls.ts';

/** A connector for every make that can be registered. */
export type ConnectorTable = Readonly<Record<PosSystemType, Connector>>;

export interface VendorParts {
  readonly connectors: ConnectorTable;
  readonly calls: VendorCalls;
  /** Which addresses may be asked: what a tenant gives as its till's is asked from inside our network. */
  readonly addresses: OutboundAddresses;
  readonly clock: Clock;
}

/** A till as it is registered, with its credentials opened. */
export interface TillAtVendor {
  readonly franchiseId: string;
  readonly systemType: PosSystemType;
  readonly apiEndpoint: string | null;
  readonly credentials: ConnectionFields;
  readonly settings: ConnectionFields;
}

export interface OpenTill {
  readonly connector: Connector;
  readonly connection: Connection;
  /** The vendor's clock less ours, as of its last answer; null before the first. */
  readonly offsetMs: () => number | null;
}

export interface Asking {
  readonly signal: AbortSignal;
  /** Asked before each request; throws where the till is not to be asked any more. */
  readonly mayAsk?: () => Promise<void>;
}

/** `retries`: 0 for what must not be sent twice. */
export function connect(
  { connectors, calls, clock }: VendorParts,
  till: TillAtVendor,
  { signal, ...rest }: Asking & { readonly retries?: number },
): OpenTill {
  const { systemType, credentials, settings } = till;
  const connector = connectors[systemType];
  const endpoint = endpointOf(connector, till.apiEndpoint);
  // What a tenant names its merchant slows nobody else down, nor does the same merchant at another server.
  const limitKey = `${connector.limitKeyOf({ credentials, settings })} ${till.franchiseId} ${new URL(endpoint).host}`;
  const line = calls.line({ connector, endpoint, limitKey, signal, ...rest });
  const { fetch, offsetMs } = line;
  return {
    connector,
    connection: { endpoint, credentials, settings, fetch, now: () => clock.now(), signal },
    offsetMs,
  };
}

/** Without a slash at its end. Empty for a till of its own server that was given none; nobody asks such a one. */
export function endpointOf(connector: Connector, apiEndpoint: string | null): string {
  return (apiEndpoint ?? connector.defaultEndpoint ?? '').replace(/\/+$/, '');
}

/** What sells at the till's vendor, of which a brand has one till alone. */
export function shopsOf(
  { connectors }: Pick<VendorParts, 'connectors'>,
  { systemType, apiEndpoint, settings }: Pick<TillAtVendor, 'systemType' | 'apiEndpoint' | 'settings'>,
): readonly string[] {
  const connector = connectors[systemType];
  return connector.shopsOf({ endpoint: endpointOf(connector, apiEndpoint), settings });
}

/** What hangs together: the vendor's host. */
export function hostOf(connector: Connector, apiEndpoint: string | null): string {
  return `${connector.type}:${new URL(endpointOf(connector, apiEndpoint)).host}`;
}
