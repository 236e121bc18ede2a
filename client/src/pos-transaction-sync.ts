// The seed's synchronisation of a till's sales: asks the server to fetch them from the till's vendor, and waits.
import { createHttp, type Http, unwrap } from './http.ts';
import type { PosSync } from './openapi.ts';
import type { TillstreamOptions } from './options.ts';
import { TillstreamError } from './tillstream-error.ts';

export type SyncOptions = {
  /** Told after each look how far it has come. */
  onProgress?: (sync: PosSync) => void;
  /** Ends the waiting; the sync itself goes on at the server. */
  signal?: AbortSignal;
  /** Pause between two looks, in ms. Default 500. */
  pollMs?: number;
};

const pollMsDefault = 500;

/**
 * Fetches what was sold at a till from the till's vendor. The server does the fetching: each sale is booked once, with its
 * stock and its events, however often it is fetched.
 *
 * @example
 * const sync = new POSTransactionSync({ url: 'http://127.0.0.1:8787', apiKey: process.env.TILLSTREAM_KEY });
 * const { created } = await sync.syncTransactions(posSystemId, new Date('2026-03-01'));
 */
export class POSTransactionSync {
  readonly #http: Http;

  constructor(options: TillstreamOptions) {
    this.#http = createHttp(options);
  }

  /**
   * Everything that changed at the vendor since then, or since the last run. Resolves when all of it is booked; throws a
   * TillstreamError `client.sync_failed` where the vendor refused, and what the server refuses with: `pos.not_connected`,
   * `pos.sync_out_of_range`, `pos.system_not_found`.
   */
  async syncTransactions(posSystemId: string, since?: Date, options: SyncOptions = {}): Promise<PosSync> {
    const asked = await this.startSync(posSystemId, since);
    return this.waitForSync(asked, options);
  }

  /** Asks for the sync and answers at once. */
  startSync(posSystemId: string, since?: Date): Promise<PosSync> {
    const body = since === undefined ? {} : { since: since.toISOString() };
    return unwrap(this.#http.POST('/v1/pos-systems/{id}/sync', { params: { path: { id: posSystemId } }, body }));
  }

  /** How far it has come. */
  readSync(posSystemId: string, syncId: string): Promise<PosSync> {
    const path = { id: posSystemId, syncId };
    return unwrap(this.#http.GET('/v1/pos-systems/{id}/syncs/{syncId}', { params: { path } }));
  }

  /** Resolves with the finished sync. */
  async waitForSync(asked: PosSync, options: SyncOptions = {}): Promise<PosSync> {
    for (let sync = asked; ; sync = await this.readSync(asked.posSystemId, asked.id)) {
      options.onProgress?.(sync);
      if (sync.state === 'done') return sync;
      if (sync.state === 'failed') {
        throw new TillstreamError({ code: 'client.sync_failed', detail: sync.failure ?? 'The sync failed.' });
      }
      await pause(options.pollMs ?? pollMsDefault, options.signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
