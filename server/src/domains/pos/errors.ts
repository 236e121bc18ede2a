// Every refusal of the slice. The first group refuses a request; the second names, in the answer of the sales route,
// why one sale was refused: the request itself succeeds, and the sale waits in the list of sync errors as its exact
// bytes. The `status` of the second group is what the same mistake would get as a request of its own.
import { defineError } from '../../platform/errors.ts';

export const credentialsIncomplete = defineError('pos.credentials_incomplete', {
  status: 422,
  title: 'The make of this till needs other credentials or settings',
  advice: "`errors` names each field that is missing or wrong; take the values from the vendor's developer pages.",
});

export const connectionFailed = defineError('pos.connection_failed', {
  status: 422,
  title: 'The vendor could not be asked with these credentials',
  advice: 'The detail says what the vendor answered and which field to correct; nothing was kept.',
});

export const placeTaken = defineError('pos.place_taken', {
  status: 409,
  title: 'Another till of the brand is this shop at the vendor',
  advice: 'Its sales would be booked twice. Use the till that the detail names, or disconnect it first.',
});

export const currencyMismatch = defineError('pos.currency_mismatch', {
  status: 422,
  title: 'The till takes money in another currency than its shop',
  advice:
    'Register the till at the shop where it stands, or correct the currency of the shop; amounts are never converted.',
});

export const timeZoneMismatch = defineError('pos.time_zone_mismatch', {
  status: 422,
  title: 'The till keeps the time of another zone than its shop',
  advice:
    'Register the till at the shop where it stands, or correct the time zone of the shop: its business days would be cut ' +
    'at other hours than those of the vendor.',
});

export const addressRefused = defineError('pos.address_refused', {
  status: 422,
  title: 'The address of the till lies in a private network, or is not asked by https',
  advice:
    "Give an apiEndpoint on the public internet that begins with https://. An operator whose tills stand in the server's own network sets " +
    'TILLSTREAM_PRIVATE_VENDORS=on.',
});

export const consentNotOffered = defineError('pos.consent_not_offered', {
  status: 422,
  title: 'This make has no page on which a merchant could let us in',
  advice: 'Register the till with credentials by POST /v1/pos-systems; Square and Clover have such a page.',
});

export const consentUnknown = defineError('pos.consent_unknown', {
  status: 404,
  title: 'Nobody waits for this consent',
  advice:
    'A state is good for one use, by who began it, for fifteen minutes. Begin anew with POST /v1/pos-systems/consents.',
});

export const consentRefused = defineError('pos.consent_refused', {
  status: 422,
  title: 'The vendor gave no tokens for the code',
  advice: 'The detail says what the vendor answered. Begin anew with POST /v1/pos-systems/consents; a code works once.',
});

export const notConnected = defineError('pos.not_connected', {
  status: 409,
  title: 'The till is not connected to a vendor',
  advice: 'Give it apiEndpoint and credentials by PATCH /v1/pos-systems/{id}, or POST …/resume where it is paused.',
});

export const syncOutOfRange = defineError('pos.sync_out_of_range', {
  status: 422,
  title: 'Sales can be fetched from up to two years back, not from the future',
  advice: 'Send a `since` within the last two years.',
});

export const tooManySyncs = defineError('pos.too_many_syncs', {
  status: 409,
  title: 'So many syncs of this till are open already that no more are taken',
  advice:
    'Wait for one: GET /v1/pos-systems/{id}/syncs shows how far they have come. One reads everything since its `since`.',
});

export const noSuchSync = defineError('pos.sync_not_found', {
  status: 404,
  title: 'There is no such sync of this till',
  advice: 'Take the id from the answer of POST /v1/pos-systems/{id}/sync or from GET /v1/pos-systems/{id}/syncs.',
});

export const noSuchSystem = defineError('pos.system_not_found', {
  status: 404,
  title: 'There is no such POS system',
  advice:
    'Take the id from GET /v1/pos-systems; systems of shops that you do not reach are answered like unknown ones.',
});

export const noSuchWebhook = defineError('pos.webhook_not_found', {
  status: 404,
  title: 'There is no such webhook address',
  advice: 'Take it from GET /v1/pos-webhooks; the make in the path must be the one for which it was made.',
});

export const noSuchMessage = defineError('pos.webhook_message_not_found', {
  status: 404,
  title: 'There is no such delivery',
  advice: 'Take the id from GET /v1/pos-webhooks/{id}/messages; deliveries are kept for 30 days.',
});

export const webhookRefused = defineError('pos.webhook_refused', {
  status: 401,
  title: 'The delivery is not known to come from the vendor',
  advice:
    'Nothing was changed. Compare the key and, at Square, the URL of the address with what is configured at the vendor; ' +
    'where the vendor asks for a code, open the set-up first.',
});

export const dayNotOver = defineError('pos.day_not_over', {
  status: 422,
  title: 'Only business days that are over can be compared',
  advice: 'Send a businessDate before the one that runs at the shop, and not more than 60 days back.',
});

export const noSuchTransaction = defineError('pos.transaction_not_found', {
  status: 404,
  title: 'There is no such sale',
  advice: 'Take the id from GET /v1/locations/{id}/transactions or from the answer that booked the sale.',
});

export const noSuchMapping = defineError('pos.mapping_not_found', {
  status: 404,
  title: 'The POS system has no mapping for this product',
  advice: 'GET /v1/pos-systems/{id}/mappings lists those that there are.',
});

export const noSuchSyncError = defineError('pos.sync_error_not_found', {
  status: 404,
  title: 'There is no such refused sale',
  advice: 'Take the id from GET /v1/sync-errors; those of shops that you do not reach are answered like unknown ones.',
});

export const alreadyResolved = defineError('pos.already_resolved', {
  status: 409,
  title: 'The refused sale has been booked since',
  advice: 'Nothing needs to be done: GET /v1/sync-errors/{id} names the sale that it became.',
});

export const salesOutOfRange = defineError('pos.sales_out_of_range', {
  status: 422,
  title: 'A request carries 1 to 1,000 sales',
  advice: 'Split the sales over several requests; each sale is booked once, however often it is sent.',
});

export const overloaded = defineError('pos.overloaded', {
  status: 503,
  title: 'More sales are waiting than the server takes on',
  advice:
    'Send the same request again after the seconds in Retry-After; what was booked meanwhile answers "duplicate".',
});

export const notDurable = defineError('pos.not_durable', {
  status: 503,
  title: 'The database could not confirm the sales of this request',
  advice:
    'Send the same request again after the seconds in Retry-After; what was booked meanwhile answers "duplicate".',
});

// ---- Why one sale was refused.

export const malformedSale = defineError('pos.malformed_sale', {
  status: 422,
  title: 'A sale lacks a field or has one of the wrong kind',
  advice: 'Compare the sale with the schema of POST /v1/pos-systems/{id}/transactions and send it again.',
});

export const unknownField = defineError('pos.unknown_field', {
  status: 422,
  title: 'A sale has a field that does not exist',
  advice: 'Remove the field or correct its spelling; a misspelt optional field would otherwise be lost in silence.',
});

export const invalidText = defineError('pos.invalid_text', {
  status: 422,
  title: 'A text of a sale is empty, too long or cannot be stored',
  advice: 'Keep to the lengths of the schema; no NUL characters, no halves of surrogate pairs, valid UTF-8.',
});

export const cardNumberAsId = defineError('pos.card_number_as_id', {
  status: 422,
  title: 'An id of a sale looks like the number of a payment card',
  advice: 'Send an id that the till made: the number of the receipt, of the order or of the product, never of a card.',
});

export const numberOutOfRange = defineError('pos.number_out_of_range', {
  status: 422,
  title: 'A figure of a sale cannot be kept exactly',
  advice:
    'Send at most 15 significant digits: money with 2 digits after the point, quantities with 4, unit prices with 6.',
});

export const invalidQuantity = defineError('pos.invalid_quantity', {
  status: 422,
  title: 'A quantity of a sale is impossible',
  advice:
    'Quantities of a completed sale are above 0; a refund or void is a later version with the net quantities left.',
});

export const invalidVersion = defineError('pos.invalid_version', {
  status: 422,
  title: 'The version of a sale is not a positive integer',
  advice: 'Count versions of one sale upwards from 1, or leave the field out for a sale that never changes.',
});

export const invalidTime = defineError('pos.invalid_time', {
  status: 422,
  title: 'occurredAt is not a time of the calendar',
  advice: 'Send RFC 3339 with an offset, such as 2026-03-08T09:30:00-05:00.',
});

export const timeOutOfRange = defineError('pos.time_out_of_range', {
  status: 422,
  title: 'occurredAt lies more than an hour ahead, or before the year 2000',
  advice: 'Set the clock of the till, then send the sale again with the time at which it happened.',
});

export const wrongCurrency = defineError('pos.wrong_currency', {
  status: 422,
  title: 'The sale is not in the currency of its shop',
  advice:
    'Send the sale in the currency that GET /v1/locations/{id} shows, and a later version of a sale in the currency that ' +
    'the sale is booked in; amounts are never converted.',
});

export const invalidLines = defineError('pos.invalid_lines', {
  status: 422,
  title: 'A sale has 1 to 500 lines, each with a product',
  advice: 'Give each line a sku or an externalProductId; only a refunded or voided sale may have no line left.',
});

export const versionReused = defineError('pos.version_reused', {
  status: 409,
  title: 'This version of the sale was booked with other content',
  advice:
    'A changed sale needs a higher version; if the content should not have changed, look for two tills with one id.',
});

export const notBookable = defineError('pos.not_bookable', {
  status: 422,
  title: 'The database refused the sale for a reason that nobody foresaw',
  advice: 'Tell the operator the SQLSTATE in the detail; the sale is kept and can be booked once the cause is gone.',
});
