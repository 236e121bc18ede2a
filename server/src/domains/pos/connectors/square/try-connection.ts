// Tries a till at Square: its locations, and each right that fetching needs, since a token is given them one by one.
import { settingText } from '../connection-fields.ts';
import type { Connection, TriedConnection } from '../connector.ts';
import { keepSameTime } from '../same-time.ts';
import { triedFailure } from '../try-failure.ts';
import { type AnswerObject, textIn } from '../vendor-answer.ts';
import { askSquare } from './ask-square.ts';
import { describeLocations, listLocations, squareNames } from './locations.ts';
import { locationIdsOf } from './square-settings.ts';

/** As many as a search may name. */
const searchedMax = 10;

export async function tryConnection(connection: Connection): Promise<TriedConnection> {
  try {
    const locations = await listLocations(connection);
    const wanted = locationIdsOf(connection.settings);
    const found = locations.filter((location) => wanted.includes(textIn(location, 'id') ?? ''));
    const problem = problemOf(wanted, locations, { found, at: connection.now() });
    const [first] = found;
    if (problem !== null || first === undefined) {
      return { ok: false, problem: problem ?? 'Name a location of the shop.', field: 'locationIds' };
    }
    await tryRights(connection, wanted);
    const merchantId = textIn(first, 'merchant_id');
    return {
      ok: true,
      facts: {
        merchant: merchantId ?? textIn(first, 'business_name') ?? '',
        locationName: found.map((location) => textIn(location, 'name') ?? '').join(', '),
        currency: textIn(first, 'currency'),
        timeZone: textIn(first, 'timezone'),
        // Webhooks about items, and about the end of access, name the merchant alone.
        ...(isShowable(merchantId, connection) ? { settings: { merchantId } } : {}),
      },
    };
  } catch (error) {
    return triedFailure(error, squareNames);
  }
}

/** An id that is none, or is what was sent as a secret, is no setting: those are shown. */
function isShowable(merchantId: string | null, { credentials }: Connection): merchantId is string {
  return settingText.safeParse(merchantId).success && !Object.values(credentials).includes(merchantId ?? '');
}

/** Why these locations are no shop; null where they are. */
function problemOf(
  wanted: readonly string[],
  locations: readonly AnswerObject[],
  { found, at }: { readonly found: readonly AnswerObject[]; readonly at: Date },
): string | null {
  const missing = wanted.filter((id) => !found.some((location) => textIn(location, 'id') === id));
  if (missing.length > 0 || found.length === 0) {
    return `Square knows no location ${missing.join(', ')} for this token; it knows ${describeLocations(locations)}.`;
  }
  const closed = found.filter((location) => textIn(location, 'status') === 'INACTIVE');
  if (closed.length > 0)
    return `Of the locations, ${describeLocations(closed)} cannot sell: they are inactive at Square.`;
  const all = (key: string) => [...new Set(found.flatMap((location) => textIn(location, key) ?? []))];
  const currencies = all('currency');
  if (currencies.length > 1)
    return `A shop takes one currency; its locations at Square take ${currencies.join(' and ')}.`;
  const [zone, ...others] = all('timezone');
  const strange = others.find((other) => !keepSameTime(zone ?? other, other, at));
  return strange === undefined
    ? null
    : `A shop has one time zone; its locations at Square have ${zone} and ${strange}.`;
}

/** One row of each list that is fetched. Throws VendorFailure. */
async function tryRights(connection: Connection, locationIds: readonly string[]): Promise<void> {
  await askSquare(connection, ({ orders }) =>
    orders.search({ locationIds: locationIds.slice(0, searchedMax), limit: 1 }),
  );
  const row = { locationId: locationIds[0] ?? '', limit: 1 };
  await askSquare(connection, ({ payments }) => payments.list(row));
  await askSquare(connection, ({ refunds }) => refunds.list(row));
  await askSquare(connection, ({ catalog }) => catalog.search({ objectTypes: ['ITEM_VARIATION'], limit: 1 }));
}
