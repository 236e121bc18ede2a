// Till systems: their connection to the vendor, the days that were compared with it, and the vendors' webhooks.
import { type Http, unwrap } from '../http.ts';
import type { NewPosConsent, NewPosWebhook, PosConsent, PosSystem, PosWebhookChanges } from '../openapi.ts';
import { TillstreamError } from '../tillstream-error.ts';

type PageQuery = { limit?: number; after?: string };

export function posSystemCalls(http: Http) {
  const of = (id: string) => ({ params: { path: { id } } });
  return {
    /** A till system, and how its connection does: when it last succeeded, how far it is behind, when it runs next. */
    readPosSystem: (id: string) => unwrap(http.GET('/v1/pos-systems/{id}', of(id))),

    /**
     * Begins a merchant's consent at Square or Clover (OAuth): send their browser to `consentUrl`. It comes back to your
     * `redirectUrl`, whose whole address goes to completePosConsent, by the same person or key, within a quarter of an hour.
     */
    beginPosConsent: (wish: NewPosConsent): Promise<PosConsent> =>
      unwrap(http.POST('/v1/pos-systems/consents', { body: wish })),

    /**
     * Registers the till, or connects it anew. `returnedTo`: the address that the merchant's browser came back to. Throws a
     * TillstreamError: `client.consent_denied` where the merchant did not agree, `pos.consent_unknown` for an address that
     * was used already or is another's, `pos.consent_refused` where the vendor gave no tokens.
     */
    completePosConsent: async (returnedTo: string | URL): Promise<PosSystem> => {
      const { searchParams } = new URL(returnedTo);
      const [state, code, merchantId] = ['state', 'code', 'merchant_id'].map((name) => searchParams.get(name));
      if (!state || !code) {
        const said = searchParams.get('error_description') ?? searchParams.get('error') ?? 'the address has no code';
        throw new TillstreamError({ code: 'client.consent_denied', detail: `The merchant did not agree: ${said}.` });
      }
      const body = { state, code, ...(merchantId ? { merchantId } : {}) };
      return unwrap(http.POST('/v1/pos-systems/consents/complete', { body }));
    },

    /** Neither asks the vendor nor listens to it until it is resumed. */
    pausePosSystem: (id: string) => unwrap(http.POST('/v1/pos-systems/{id}/pause', of(id))),

    resumePosSystem: (id: string) => unwrap(http.POST('/v1/pos-systems/{id}/resume', of(id))),

    /** Takes its credentials away; what was booked stays. */
    disconnectPosSystem: (id: string) => unwrap(http.POST('/v1/pos-systems/{id}/disconnect', of(id))),

    /** Asks the vendor once with the credentials that are kept; `problem` says what is wrong. */
    tryPosSystem: (id: string) => unwrap(http.POST('/v1/pos-systems/{id}/try', of(id))),

    /** The fetches that somebody wished for, the newest first; see POSTransactionSync. */
    listPosSyncs: (id: string, query: PageQuery = {}) =>
      unwrap(http.GET('/v1/pos-systems/{id}/syncs', { params: { path: { id }, query } })),

    /** Business days beside what the vendor says of them, the newest first; all, or only those that differ. */
    listPosDays: (id: string, { differing, ...query }: PageQuery & { differing?: boolean } = {}) => {
      const only = differing === undefined ? {} : { differing: String(differing) as 'true' | 'false' };
      return unwrap(http.GET('/v1/pos-systems/{id}/days', { params: { path: { id }, query: { ...query, ...only } } }));
    },

    /** Compares a day (YYYY-MM-DD) with the vendor now and heals what differs; the answer is a sync to be watched. */
    provePosDay: (id: string, businessDate: string) =>
      unwrap(http.POST('/v1/pos-systems/{id}/days', { ...of(id), body: { businessDate } })),

    /** Makes an address for a vendor's webhooks. Its `url` is what to configure there. */
    createPosWebhook: (webhook: NewPosWebhook) => unwrap(http.POST('/v1/pos-webhooks', { body: webhook })),

    listPosWebhooks: (query: PageQuery = {}) => unwrap(http.GET('/v1/pos-webhooks', { params: { query } })),

    /** Shows the verification code that a vendor has sent, among others. */
    readPosWebhook: (id: string) => unwrap(http.GET('/v1/pos-webhooks/{id}', of(id))),

    /** Gives it the vendor's key, or the next one while the former is still valid. */
    configurePosWebhook: (id: string, changes: PosWebhookChanges) =>
      unwrap(http.POST('/v1/pos-webhooks/{id}/configure', { ...of(id), body: changes })),

    /** What came, the newest first. */
    listPosWebhookMessages: (id: string, query: PageQuery = {}) =>
      unwrap(http.GET('/v1/pos-webhooks/{id}/messages', { params: { path: { id }, query } })),

    /** Follows the hints of a delivery once more. */
    replayPosWebhookMessage: (id: string, messageId: string) =>
      unwrap(http.POST('/v1/pos-webhooks/{id}/messages/{messageId}/replay', { params: { path: { id, messageId } } })),
  };
}
