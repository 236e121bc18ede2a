// The locations of a merchant at Square, and which of them a shop is.
import type { Connection, FoundSettings } from '../connector.ts';
import { triedFailure } from '../try-failure.ts';
import { type AnswerObject, objectsIn, textIn } from '../vendor-answer.ts';
import { askSquare } from './ask-square.ts';

const shownMax = 20;

/** Throws VendorFailure. */
export async function listLocations(connection: Connection): Promise<AnswerObject[]> {
  const answer = await askSquare(connection, ({ locations }) => locations.list());
  return objectsIn(answer['locations']);
}

/** With their names, for a person to choose. */
export function describeLocations(locations: readonly AnswerObject[]): string {
  const known = locations.map((location) => `${textIn(location, 'id')} (${textIn(location, 'name')})`);
  return known.slice(0, shownMax).join(', ') || 'none';
}

export const squareNames = { make: 'Square', tokenField: 'apiKey', placeField: 'locationIds' } as const;

/** Who has one location need not know its id. */
export async function findSettings(connection: Connection): Promise<FoundSettings> {
  const { settings } = connection;
  if (settings['locationIds'] !== undefined) return { outcome: 'found', settings };
  try {
    const locations = await listLocations(connection);
    const [first, ...others] = locations.filter((location) => textIn(location, 'status') !== 'INACTIVE');
    const only = others.length === 0 ? textIn(first, 'id') : null;
    if (only !== null) return { outcome: 'found', settings: { ...settings, locationIds: only } };
    const problem = `The merchant has the locations ${describeLocations(locations)}: name those of the shop.`;
    return { outcome: 'several', problem, field: 'settings.locationIds' };
  } catch (error) {
    return { outcome: 'failed', tried: triedFailure(error, squareNames) };
  }
}
