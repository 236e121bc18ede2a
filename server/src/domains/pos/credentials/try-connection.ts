// Tries a till before it is kept: are the fields those of its make, does the vendor take them, is it the shop's currency.
import type { ZodError, ZodType } from 'zod';
import { AppError, type FieldError } from '../../../platform/errors.ts';
import { AddressRefused } from '../../../platform/outbound-addresses.ts';
import type { ConnectionFields, FailedTrial, MerchantFacts } from '../connectors/connector.ts';
import { maskSecrets } from '../connectors/mask-secrets.ts';
import { keepSameTime } from '../connectors/same-time.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import {
  addressRefused,
  connectionFailed,
  credentialsIncomplete,
  currencyMismatch,
  timeZoneMismatch,
} from '../errors.ts';
import { connect, endpointOf, type OpenTill, type TillAtVendor, type VendorParts } from './connect.ts';

/** A person waits for the answer, so it is shorter than what a poll may take. */
const tryMs = 15_000;

export interface TriedTill {
  /** Those to keep: renewed where the make's tokens do not last. */
  readonly credentials: ConnectionFields;
  /** With what was found out of them. */
  readonly settings: ConnectionFields;
  readonly facts: MerchantFacts;
  readonly vendorOffsetMs: number;
}

/** Throws `pos.credentials_incomplete`, with an entry for each field that is missing or wrong. */
export function checkFields({ connectors }: Pick<VendorParts, 'connectors'>, till: TillAtVendor): TillAtVendor {
  const { systemType } = till;
  const connector = connectors[systemType];
  const errors: FieldError[] = [];
  if (till.apiEndpoint === null && connector.defaultEndpoint === null) {
    errors.push({ path: 'apiEndpoint', message: 'is needed: every till of this make has its own server' });
  }
  const credentials = read(connector.credentials, till.credentials, { name: 'credentials', errors });
  const settings = read(connector.settings, till.settings, { name: 'settings', errors });
  if (errors.length === 0) return { ...till, credentials, settings };
  const fields = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw credentialsIncomplete(`A ${systemType} till cannot be asked like this: ${fields}.`, { errors });
}

function read(
  schema: ZodType<ConnectionFields>,
  fields: ConnectionFields,
  { name, errors }: { readonly name: string; readonly errors: FieldError[] },
): ConnectionFields {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  errors.push(...fieldErrors(parsed.error, name));
  return fields;
}

// The messages say what is wanted; what was given stays out of them, since it may be a secret in the wrong field.
function fieldErrors({ issues }: ZodError, name: string): FieldError[] {
  return issues.flatMap(({ path, code, message, ...issue }) => {
    if ('keys' in issue && Array.isArray(issue.keys)) {
      return issue.keys.map((key) => ({ path: `${name}.${String(key)}`, message: 'is not a field of this make' }));
    }
    return [{ path: [name, ...path.map(String)].join('.'), message: code === 'invalid_type' ? 'is missing' : message }];
  });
}

/** A till that is not kept yet; `known`: credentials of tills of its make. Throws `pos.credentials_incomplete`, `pos.address_refused`, `pos.connection_failed`, `pos.currency_mismatch` or `pos.time_zone_mismatch`. */
export async function tryConnection(
  parts: VendorParts,
  till: TillAtVendor,
  { known = [], ...shop }: ShopTerms & { readonly known?: readonly ConnectionFields[] },
): Promise<TriedTill> {
  const checked = checkFields(parts, await completeSettings(parts, till));
  await refuseAddress(parts, checked);
  const { facts, offsetMs, credentials } = await tryWithin(async (signal) => {
    const tryThese = async (credentials: ConnectionFields) => {
      const open = connect(parts, { ...checked, credentials }, { signal, retries: 1 });
      return { ...(await tryOpenTill(open, shop)), credentials };
    };
    const shared = sharedAmong(parts, checked, known);
    // A token that another till was given may have been taken back: whether these credentials are right, their own tells.
    const tried = shared && (await tryThese(shared).catch(nullIfTokenRefused));
    return tried ?? (await tryThese(await lastingCredentials(parts, checked, signal)));
  });
  const settings = { ...facts.settings, ...checked.settings };
  return { credentials, settings, facts, vendorOffsetMs: Math.min(offsetMs() ?? 0, 0) };
}

/**
 * With the settings that the credentials alone tell, where some are missing. Tokens that were renewed for asking are in its
 * credentials: a vendor may take a refresh token once only.
 */
async function completeSettings(parts: VendorParts, till: TillAtVendor): Promise<TillAtVendor> {
  const connector = parts.connectors[till.systemType];
  const { findSettings } = connector;
  const isWhole = connector.settings.safeParse(till.settings).success;
  if (findSettings === null || isWhole || !connector.credentials.safeParse(till.credentials).success) return till;
  await refuseAddress(parts, till);
  return tryWithin(async (signal) => {
    const credentials = await lastingCredentials(parts, till, signal);
    const { connection } = connect(parts, { ...till, credentials }, { signal, retries: 1 });
    const found = await findSettings(connection);
    const shown = (text: string) => maskSecrets(text, Object.values(credentials));
    if (found.outcome === 'found') return { ...till, credentials, settings: found.settings };
    if (found.outcome === 'several') {
      const problem = shown(found.problem);
      throw credentialsIncomplete(problem, { errors: [{ path: found.field, message: problem }] });
    }
    throw refusedTrial(found.tried, shown);
  });
}

function refusedTrial({ problem, field }: FailedTrial, shown: (text: string) => string): AppError {
  const message = shown(problem);
  return connectionFailed(message, { errors: field === null ? [] : [{ path: field, message }] });
}

function nullIfTokenRefused(error: unknown): null {
  if (error instanceof AppError && error.errors.some(({ path }) => path === 'apiKey')) return null;
  throw error;
}

/**
 * Told before anything is sent, with a code of its own; each connection is looked at once more. Throws
 * `pos.address_refused`.
 */
export async function refuseAddress(
  { addresses, connectors }: Pick<VendorParts, 'addresses' | 'connectors'>,
  { systemType, apiEndpoint }: Pick<TillAtVendor, 'systemType' | 'apiEndpoint'>,
): Promise<void> {
  const endpoint = endpointOf(connectors[systemType], apiEndpoint);
  const { protocol, hostname } = new URL(endpoint);
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw addressRefused('Outside this machine a till is asked by https alone: its credentials go with each request.', {
      errors: [{ path: 'apiEndpoint', message: 'must begin with https://' }],
    });
  }
  try {
    await addresses.check(endpoint);
  } catch (error) {
    if (!(error instanceof AddressRefused)) throw error;
    throw addressRefused(error.message, {
      errors: [{ path: 'apiEndpoint', message: 'is not on the public internet' }],
    });
  }
}

/** As an URL has it: other ways to write these addresses are brought to this one. */
function isLoopback(hostname: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:.+\.)?localhost)$/.test(hostname);
}

/** Runs a trial for as long as a person waits; what the vendor does wrong becomes `pos.connection_failed`. */
export async function tryWithin<T>(trial: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(tryMs);
  try {
    return await trial(signal);
  } catch (error) {
    if (error instanceof VendorFailure) throw connectionFailed(error.message);
    if (signal.aborted) throw connectionFailed('The vendor did not answer in time.');
    throw error;
  }
}

interface ShopTerms {
  readonly currency: string;
  /** IANA. */
  readonly timeZone: string;
}

/** Throws `pos.connection_failed`, `pos.currency_mismatch`, `pos.time_zone_mismatch` and VendorFailure. */
export async function tryOpenTill({ connector, connection, offsetMs }: OpenTill, shop: ShopTerms) {
  const tried = await connector.tryConnection(connection);
  // A name or an id that the vendor answers may be what it was sent.
  const shown = (text: string) => maskSecrets(text, Object.values(connection.credentials));
  if (!tried.ok) throw refusedTrial(tried, shown);
  const { currency, timeZone, locationName } = tried.facts;
  if (currency !== null && currency !== shop.currency) {
    throw currencyMismatch(shown(`${locationName} takes ${currency}, the shop ${shop.currency}.`));
  }
  if (timeZone !== null && !keepSameTime(timeZone, shop.timeZone, connection.now())) {
    throw timeZoneMismatch(shown(`${locationName} keeps the time of ${timeZone}, the shop that of ${shop.timeZone}.`));
  }
  return { facts: tried.facts, offsetMs };
}

/** Those of another till of the same client whose token lasts, where the make has such. */
function sharedAmong(
  { connectors, clock }: VendorParts,
  { systemType, credentials }: TillAtVendor,
  known: readonly ConnectionFields[],
): ConnectionFields | null {
  const { tokens } = connectors[systemType];
  const names = tokens?.sharedBy;
  if (tokens === null || names === undefined) return null;
  const lasts = (fields: ConnectionFields) => (tokens.renewAt(fields) ?? new Date(0)) > clock.now();
  return known.find((fields) => names.every((name) => fields[name] === credentials[name]) && lasts(fields)) ?? null;
}

async function lastingCredentials(parts: VendorParts, till: TillAtVendor, signal: AbortSignal) {
  const { tokens } = parts.connectors[till.systemType];
  const renewAt = tokens?.renewAt(till.credentials) ?? null;
  if (tokens === null || renewAt === null || renewAt > parts.clock.now()) return till.credentials;
  return tokens.renew(connect(parts, till, { signal, retries: 0 }).connection);
}
