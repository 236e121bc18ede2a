/** A server with tills at vendors that say what a test wants them to: what the tests of such vendors stand on. */
import { type PosServer, type PosServerOptions, startPosServer } from '../factories/pos-server.ts';
import { eventually } from '../harness/eventually.ts';
import {
  quietClover,
  quietCustom,
  quietToast,
  registerAt,
  runStubTill,
  type StubAnswer,
  type StubTill,
  startStub,
} from './troubled-vendor.ts';

const quiet = { custom: quietCustom, clover: quietClover, toast: quietToast };

export type TroubledGround = Awaited<ReturnType<typeof openTroubledGround>>;

export async function openTroubledGround(poller: PosServerOptions['poller'] = {}) {
  const server: PosServer = await startPosServer({ poller: { lookMs: 50, ...poller }, vendorTimeoutMs: 5_000 });
  const closing: (() => void | Promise<void>)[] = [];

  const viewOf = async ({ posSystemId }: StubTill) => (await server.call('GET', `/v1/pos-systems/${posSystemId}`)).body;
  const syncOf = async ({ posSystemId }: StubTill, id: unknown) =>
    (await server.call('GET', `/v1/pos-systems/${posSystemId}/syncs/${id}`)).body;

  return {
    server,
    viewOf,
    syncOf,
    connectionOf: async (till: StubTill) => (await viewOf(till))['connection'] as Record<string, unknown>,

    /** Registered at a vendor that sells nothing yet, after its first run. `say` goes before that. */
    openTill: async (make: keyof typeof quiet, say: StubAnswer) => {
      const stub = await startStub([say, quiet[make]]);
      closing.push(() => stub.close());
      const till = await registerAt(server, make, stub.url);
      const first = await runStubTill(server, till);
      return { stub, till, first, run: () => runStubTill(server, till) };
    },

    /** The external ids of what is booked at a till. */
    bookedAt: async ({ posSystemId }: StubTill) => {
      const sql = 'select external_transaction_id as id from pos_transactions where pos_system_id = $1 order by 1';
      return (await server.database.rows<{ id: string }>(sql, [posSystemId])).map(({ id }) => id);
    },

    /** Waits for a sync that the server was asked for. */
    carriedOut: (till: StubTill, { body: { id } }: { readonly body: Readonly<Record<string, unknown>> }) =>
      eventually(async () => {
        const sync = await syncOf(till, id);
        if (sync['state'] !== 'done') throw new Error(`The sync is not done: ${JSON.stringify(sync)}`);
        return sync;
      }),

    /** Calls this before the servers of the test's vendors end: what lets go what hangs there. */
    beforeClosing: (letGo: () => void) => void closing.unshift(letGo),

    /** Ends the tills and vendors of a test. */
    closeTills: async () => {
      await server.database.rows('update pos_connections set enabled = false, edition = edition + 1');
      for (const close of closing.splice(0)) await close();
    },
    stop: () => server.stop(),
  };
}
