// Gives a till what it is at its vendor, which no other till of the brand may be: its sales would be fetched and booked
// once for each.
import type { Tx } from '../../../platform/database.ts';
import { placeTaken } from '../errors.ts';
import { findPlaceHolder, insertPlaces, type PlaceOwner, removePlaces } from './queries.ts';

/** In the place of those that it had. Throws `pos.place_taken`. */
export async function takePlaces(tx: Tx, owner: PlaceOwner, places: readonly string[]): Promise<void> {
  await removePlaces(tx, owner);
  const wanted = [...new Set(places)];
  const taken = new Set(await insertPlaces(tx, owner, wanted));
  const missed = wanted.find((place) => !taken.has(place));
  if (missed === undefined) return;
  const holder = await findPlaceHolder(tx, owner, missed);
  const who = holder === null ? 'a till that you do not see' : `the till ${holder.name} (${holder.id})`;
  throw placeTaken(`${missed} at this vendor is ${who} already.`);
}
