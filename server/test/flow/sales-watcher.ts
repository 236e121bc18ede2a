// An unmodified supabase-js client that watches one shop's sales, as any program from outside would, and writes down what
// it is told.
import { createClient } from '@supabase/supabase-js';
import type { SeenChange } from '../faults/checkers.ts';
import { keyOf } from './expected-books.ts';
import { createSignal } from './signal.ts';

export interface SalesWatcher {
  readonly seen: readonly SeenChange[];
  /** Statuses of the subscription in their order: SUBSCRIBED, CHANNEL_ERROR and so on. */
  readonly statuses: readonly string[];
  /** Messages of the server about the channel itself. */
  readonly systemMessages: readonly unknown[];
  subscribedTimes(times: number): Promise<void>;
  /** Waits until this external id has been seen. What was sent before it has come too: a channel keeps order. */
  sawSale(externalId: string): Promise<void>;
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly url: string;
  /** The only credential, as supabase-js sends it: in the socket's address. */
  readonly apiKey: string;
  readonly vsn: '1.0.0' | '2.0.0';
  readonly locationId: string;
  /** Goes into the keys of `seen`, so that they compare with expectedBooks. */
  readonly shopId: string;
}

/** Resolves when the subscription stands. */
export async function watchSales(options: WatchOptions): Promise<SalesWatcher> {
  const seen: SeenChange[] = [];
  const statuses: string[] = [];
  const systemMessages: unknown[] = [];
  const ids = new Set<string>();
  const signal = createSignal();
  const client = createClient(options.url, options.apiKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { vsn: options.vsn },
  });
  const channel = client
    .channel(`sales-of-${options.shopId}`)
    .on(
      'postgres_changes',
      { event: '*', schema: 'public', table: 'pos_transactions', filter: `location_id=eq.${options.locationId}` },
      (change) => {
        const row = change.new as { external_transaction_id: string; version: number };
        seen.push({
          key: keyOf(options.shopId, row.external_transaction_id),
          operation: change.eventType,
          version: row.version,
        });
        ids.add(row.external_transaction_id);
        signal.ring();
      },
    )
    .on('system', {}, (message: unknown) => {
      systemMessages.push(message);
      signal.ring();
    })
    .subscribe((status) => {
      statuses.push(status);
      signal.ring();
    });
  const subscribedTimes = (times: number) =>
    signal.until(
      `SUBSCRIBED for the ${times}. time (so far: ${statuses.join(', ')})`,
      () => statuses.filter((status) => status === 'SUBSCRIBED').length >= times,
    );
  await subscribedTimes(1);
  return {
    seen,
    statuses,
    systemMessages,
    subscribedTimes,
    sawSale: (externalId) => signal.until(`a change of sale ${externalId}`, () => ids.has(externalId)),
    async close() {
      await client.removeChannel(channel);
      await client.realtime.disconnect();
    },
  };
}
