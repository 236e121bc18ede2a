// The one interface that every make of till is behind. A connector is three things and no more: a fetcher (what changed
// at the vendor in a window of time), a translator (vendor bytes to our sales, pure), and a verifier of webhooks. It keeps
// no state, knows no database and starts no timer: when to ask, what was asked before, which token is valid and how fast
// one may ask is decided by who calls it, and is therefore solved once for all makes.
//
// A webhook is a hint to look and the poller is the guarantee: a delivery yields references, a reference yields
// documents by `fetchOne`, and documents from either way are translated and booked the same (book-documents.ts).
//
// How money and goods come out of a translation:
// * A sale is one element of POST /v1/pos-systems/{id}/transactions, in its newest state, with the vendor's time of
//   modification in µs as version. Its total is Σ lines − discount + serviceCharge + tax + tip + adjustment; what the
//   vendor says beyond that is booked as the vendor said it, and shows as the sale's discrepancy.
// * A refund is an element of kind `refund` of its own, dated on the day on which the money went back, with every figure
//   turned negative, so that sums over sales and refunds are right without looking at the kind. Its lines are goods that
//   were taken back, and go back to stock; money without goods is its adjustment. A void, of a line or of the whole
//   sale, is a later version of the sale.
import type { z } from 'zod';
import type { BookedRefund, CatalogueItem, ShopTerms } from './translation-facts.ts';

export const posSystemTypes = ['square', 'clover', 'toast', 'custom'] as const;
export type PosSystemType = (typeof posSystemTypes)[number];

/** Secrets and settings as flat texts, as they are stored. Which there are is the make's `credentials` and `settings`. */
export type ConnectionFields = Readonly<Record<string, string>>;

/**
 * How a connector reaches its vendor: like the global `fetch`, but limits, time-outs, byte limits and counting are
 * applied behind it. Answers whatever status the vendor gave. Throws VendorFailure (`unavailable`, `rate_limited`) where
 * there is no answer to give.
 */
export type VendorFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** One till at its vendor, opened: what a connector needs to ask it. */
export interface Connection {
  /** Base URL without a slash at its end; the make's `defaultEndpoint` where nobody set another. */
  readonly endpoint: string;
  /** Checked with the make's `credentials`; secret. */
  readonly credentials: ConnectionFields;
  /** Checked with the make's `settings`; not secret. */
  readonly settings: ConnectionFields;
  readonly fetch: VendorFetch;
  readonly now: () => Date;
  /** Aborts what is under way: the node stops, or the system was paused. */
  readonly signal: AbortSignal;
}

export type TriedConnection = { readonly ok: true; readonly facts: MerchantFacts } | FailedTrial;

/** `problem` is a sentence for the person who registers the till, naming the field to correct where there is one. */
export interface FailedTrial {
  readonly ok: false;
  readonly problem: string;
  readonly field: string | null;
}

export type FoundSettings =
  | { readonly outcome: 'found'; readonly settings: ConnectionFields }
  /** A person must choose: `problem` says among what. */
  | { readonly outcome: 'several'; readonly problem: string; readonly field: string }
  | { readonly outcome: 'failed'; readonly tried: FailedTrial };

export interface MerchantFacts {
  readonly merchant: string;
  readonly locationName: string;
  /** ISO 4217; null where the vendor does not say. */
  readonly currency: string | null;
  /** IANA; null where the vendor does not say. */
  readonly timeZone: string | null;
  /** What the vendor has told of settings that may be left out; those that were given go above it. */
  readonly settings?: ConnectionFields;
}

/** Both ends included; `to` is frozen before the first page, so that what changes meanwhile falls out at the far end. */
export interface ChangeWindow {
  readonly from: Date;
  readonly to: Date;
}

/** One vendor object with all that its translation needs, as JSON bytes; kept as they are where they are refused. */
export interface VendorDocument {
  /** What people look for in the vendor's own screens, e.g. an order's id. */
  readonly reference: DocumentReference;
  readonly bytes: Buffer;
}

export interface DocumentReference {
  /** `catalogue`: items changed, run fetchCatalogue. `access`: the merchant cut the connection. */
  readonly kind: 'order' | 'refund' | 'payment' | 'catalogue' | 'access';
  readonly id: string;
  /** It has changed since then, where that is known: for makes without a path to one object alone. */
  readonly changedSince?: Date;
}

export interface ChangePage {
  readonly documents: readonly VendorDocument[];
  /** Where to go on within the same window after this page is booked; opaque, JSON-safe; null on the last page. */
  readonly resumeAt: string | null;
}

/** A document that became nothing: why, as a stable code of the slice and a sentence. */
export interface TranslationRefusal {
  readonly externalId: string | null;
  readonly detail: string;
}

export interface TranslatedSale {
  readonly externalId: string;
  /** One element of the sales route, as JSON. */
  readonly bytes: Buffer;
}

export interface Translation {
  readonly sales: readonly TranslatedSale[];
  readonly refusals: readonly TranslationRefusal[];
  /** Why there is nothing to book though nothing is wrong: open still, made in test mode, not this shop's. */
  readonly leftOut: readonly string[];
  /** Refunds booked of it before that it no longer names one by one, though its sums count them still; by external id. */
  readonly standing?: readonly string[];
}

export interface WebhookDelivery {
  readonly body: Buffer;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The URL as it is configured at the vendor, never one rebuilt from the request: Square signs it. */
  readonly url: string;
  readonly now: Date;
}

/** That something changed at a place (`placesOf`); of no other trust than that. */
export interface WebhookHint {
  readonly place: string;
  readonly reference: DocumentReference;
}

export type VerifiedWebhook =
  /** `dedupeKey` is equal for repetitions of one delivery: the vendor's event id, else a digest of the body. */
  | { readonly outcome: 'genuine'; readonly dedupeKey: string; readonly hints: readonly WebhookHint[] }
  /** Clover's set-up: unsigned; `code` is shown to a person, and taken only while a set-up is open. */
  | { readonly outcome: 'verification'; readonly code: string }
  /** Changes nothing and is counted. `malformed` is genuine and unreadable: keep the bytes. */
  | { readonly outcome: 'refused'; readonly reason: WebhookRefusal };

export type WebhookRefusal = 'unsigned' | 'wrong_signature' | 'stale' | 'malformed';

/** How a make wants to be asked; times in ms. */
export interface Pace {
  /** How far a window reaches back behind the last one's end, because feeds are only eventually consistent. */
  readonly overlapMs: number;
  /** How far a window's end stays behind the vendor's clock. */
  readonly lagMs: number;
  /** Requests a second that one token (Toast: one restaurant) may make. */
  readonly perTokenPerSecond: number;
  /** Requests a second of all merchants together, where the make counts by app; else null. */
  readonly perAppPerSecond: number | null;
  /** Requests under way at once for one token. */
  readonly atOnce: number;
}

/** A token that does not last. Renewed by one at a time across all nodes, and stored before it is used. */
export interface TokenRenewal {
  /** When to renew, well before it expires; null where it lasts, a date in the past where there is none yet. */
  readonly renewAt: (credentials: ConnectionFields) => Date | null;
  /**
   * Set where the token is a client's who speaks for many tills, and logins are few: tills with the same fields of these
   * names use each other's token before they ask for another.
   */
  readonly sharedBy?: readonly string[];
  /** The whole new credentials. Throws VendorFailure; the old ones may be used up then. */
  readonly renew: (connection: Connection) => Promise<ConnectionFields>;
}

/** How a merchant lets us in on a page of the vendor (OAuth), for makes that have such a page. */
export interface Consent {
  /** Whether an app without a secret is turned away; else such a one proves itself by a verifier (PKCE). */
  readonly needsSecret: boolean;
  /** Where the merchant's browser is to go. */
  readonly pageFor: (wish: ConsentWish) => string;
  /** Gives the code for tokens, which works once. Throws VendorFailure. */
  readonly exchange: (connection: Connection, grant: ConsentGrant) => Promise<ConsentedFields>;
}

export interface ConsentWish {
  readonly endpoint: string;
  readonly clientId: string;
  /** Where the vendor sends the browser back to, as it is configured at the vendor. */
  readonly redirectUrl: string;
  /** Comes back with the code. */
  readonly state: string;
  /** SHA-256 of the verifier in base64url; null for an app with a secret. */
  readonly challenge: string | null;
}

/** `credentials` of the connection that goes with it: clientId and, where the app has one, clientSecret. */
export interface ConsentGrant {
  readonly code: string;
  readonly redirectUrl: string;
  readonly verifier: string | null;
}

export interface ConsentedFields {
  readonly credentials: ConnectionFields;
  /** What is known of the merchant now; goes above what was wished for. */
  readonly settings: ConnectionFields;
}

export interface Connector {
  readonly type: PosSystemType;
  /** Null where every till has its own. */
  readonly defaultEndpoint: string | null;
  /**
   * `coarse`: a version is a stamp that several states of a sale may share, so what was fetched last counts. `exact`: the
   * make counts versions, and one that comes again with other content is refused and kept.
   */
  readonly versions: 'coarse' | 'exact';
  readonly pace: Pace;
  readonly credentials: z.ZodType<ConnectionFields>;
  readonly settings: z.ZodType<ConnectionFields>;
  readonly tokens: TokenRenewal | null;
  readonly consent: Consent | null;
  /** What a webhook's hint names a till by: location, merchant or restaurant. */
  readonly placesOf: (settings: ConnectionFields) => readonly string[];
  /**
   * What sells there, of which a brand has one till alone; a place that webhooks name may be more, as a whole merchant. The
   * same for every way to write it.
   */
  readonly shopsOf: (connection: Pick<Connection, 'endpoint' | 'settings'>) => readonly string[];
  /** What shares one rate limit, from the settings or a digest of the token; never the token itself. */
  readonly limitKeyOf: (connection: Pick<Connection, 'credentials' | 'settings'>) => string;
  /** Finds out what the credentials alone tell of the settings; null where they tell nothing. Throws no VendorFailure. */
  readonly findSettings: ((connection: Connection) => Promise<FoundSettings>) | null;
  /** Asks for one row of each list that fetching reads, since vendors give the rights to them one by one. */
  readonly tryConnection: (connection: Connection) => Promise<TriedConnection>;
  /**
   * Everything that changed in the window, in pages; `resumeAt` of a page continues behind it. Throws VendorFailure. One
   * document may come more than once, in one run and over overlapping windows.
   */
  readonly fetchChanges: (
    connection: Connection,
    window: ChangeWindow,
    resumeAt: string | null,
  ) => AsyncIterable<ChangePage>;
  /** What a reference means today; empty where the vendor knows nothing of it. Throws VendorFailure. */
  readonly fetchOne: (connection: Connection, reference: DocumentReference) => Promise<readonly VendorDocument[]>;
  /** Items changed since then, deleted ones among them; all where `since` is null. Throws VendorFailure. */
  readonly fetchCatalogue: (connection: Connection, since: Date | null) => AsyncIterable<readonly CatalogueItem[]>;
  /** Pure, and never throws for anything that the bytes hold. */
  readonly translate: (document: VendorDocument, facts: TranslationFacts) => Translation;
  /** `secrets`: all that are valid now, two while one replaces the other. Never throws; compares in constant time. */
  readonly verifyWebhook: (delivery: WebhookDelivery, secrets: readonly string[]) => VerifiedWebhook;
}

/** What a translation may look up. A translation that asks for nothing that is not there gives the same sales for ever. */
export interface TranslationFacts {
  readonly shop: ShopTerms;
  readonly settings: ConnectionFields;
  /** When the document was fetched. */
  readonly arrivedAt: Date;
  readonly catalogue: (externalProductId: string) => CatalogueItem | null;
  /** The refunds booked of a sale, in the order of their external ids. */
  readonly refundsOf: (saleExternalId: string) => readonly BookedRefund[];
}
